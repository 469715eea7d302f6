-- SPDX-License-Identifier: MIT OR Apache-2.0

-- The small encoder with its fault: what comes of `ghdl --synth` has no generics left to set.
library ieee;
use ieee.std_logic_1164.all;

entity vhdl_encoder_faulty is
  port (
    clk       : in  std_logic;
    rst       : in  std_logic;
    req_valid : in  std_logic;
    req_ready : out std_logic;
    req_kind  : in  std_logic_vector(2 downto 0);
    req_bin   : in  std_logic;
    req_model : in  std_logic_vector(6 downto 0);
    req_data  : in  std_logic_vector(7 downto 0);
    out_valid : out std_logic;
    out_ready : in  std_logic;
    out_data  : out std_logic_vector(7 downto 0);
    out_last  : out std_logic
  );
end entity;

architecture rtl of vhdl_encoder_faulty is
begin
  core : entity work.vhdl_encoder
    generic map (FAULT => 1)
    port map (
      clk => clk, rst => rst,
      req_valid => req_valid, req_ready => req_ready, req_kind => req_kind, req_bin => req_bin,
      req_model => req_model, req_data => req_data,
      out_valid => out_valid, out_ready => out_ready, out_data => out_data, out_last => out_last
    );
end architecture;
