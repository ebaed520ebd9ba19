"""The compiler: from declared ops to the tables that drive the kernels."""
