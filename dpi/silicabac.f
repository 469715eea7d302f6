// The package and its interface, for every simulator: -F dpi/silicabac.f
+incdir+.
silicabac_socket_if.sv
silicabac_dpi_pkg.sv
silicabac_dpi.c
