"""Who a column would identify: finding it, refusing it, replacing it by pseudonyms."""
