"""What was asked: instruments, studies, reports and simulation plans as strict YAML."""
