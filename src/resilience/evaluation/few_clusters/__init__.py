"""Tests of an effect where few places were assigned: arrays in, arrays out."""
