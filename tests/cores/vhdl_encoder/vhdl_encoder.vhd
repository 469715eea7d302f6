-- SPDX-License-Identifier: MIT OR Apache-2.0

-- A small CABAC encoder, one bit a clock. The state of a context comes with its bin, and is kept elsewhere.
-- The ports are those of the socket, without the ones that it has no use for.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity vhdl_encoder is
  generic (
    FAULT : natural := 0                     -- 1: the run of undecided bits is counted in four bits
  );
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

-- There is no `when others`: GHDL 2.0 loses it on the way to Verilog, and what is left is a latch.
architecture rtl of vhdl_encoder is

  constant KIND_CONTEXT   : std_logic_vector(2 downto 0) := "000";
  constant KIND_BYPASS    : std_logic_vector(2 downto 0) := "001";
  constant KIND_TERMINATE : std_logic_vector(2 downto 0) := "010";
  constant KIND_ALIGN     : std_logic_vector(2 downto 0) := "011";
  constant KIND_RAW       : std_logic_vector(2 downto 0) := "100";

  -- A row for each state; the range of 256 to 319 has the highest byte.
  type lps_rom_t is array (0 to 63) of std_logic_vector(31 downto 0);
  constant LPS_ROM : lps_rom_t := (
    x"80B0D0F0", x"80A7C5E3", x"809EBBD8", x"7B96B2CD",
    x"748EA9C3", x"6F87A0B9", x"698098AF", x"647A90A6",
    x"5F74899E", x"5A6E8296", x"55687B8E", x"51637587",
    x"4D5E6F80", x"4959697A", x"45556474", x"42505F6E",
    x"3E4C5A68", x"3B485663", x"3845515E", x"35414D59",
    x"333E4955", x"303B4550", x"2E38424C", x"2B353F48",
    x"29323B45", x"27303841", x"252D363E", x"232B333B",
    x"21293038", x"20272E35", x"1E252B32", x"1D232930",
    x"1B21272D", x"1A1F252B", x"181E2329", x"171C2127",
    x"161B2025", x"151A1E23", x"14181D21", x"13171B1F",
    x"12161A1E", x"1115191C", x"1014171B", x"0F131619",
    x"0E121518", x"0E111417", x"0D101316", x"0C0F1215",
    x"0C0E1114", x"0B0E1013", x"0B0D0F12", x"0A0C0F11",
    x"0A0C0E10", x"090B0D0F", x"090B0C0E", x"080A0C0E",
    x"08090B0D", x"07090B0C", x"07090A0C", x"07080A0B",
    x"0608090B", x"0607090A", x"06070809", x"02020202"
  );

  function lps_range(state : std_logic_vector(5 downto 0); range_r : unsigned(8 downto 0)) return unsigned is
    variable row : std_logic_vector(31 downto 0);
  begin
    row := LPS_ROM(to_integer(unsigned(state)));
    if range_r(7) = '0' then
      row(15 downto 0) := row(31 downto 16);
    end if;
    if range_r(6) = '0' then
      row(7 downto 0) := row(15 downto 8);
    end if;
    return unsigned('0' & row(7 downto 0));
  end function;

  -- How often a range has to be doubled to be 256 or more.
  function doublings(range_v : unsigned(8 downto 0)) return natural is
    variable count : natural range 0 to 7;
  begin
    count := 0;
    for bit_no in 1 to 8 loop
      if range_v(bit_no) = '1' then
        count := 8 - bit_no;
      end if;
    end loop;
    return count;
  end function;

  function run_width(fault_no : natural) return positive is
  begin
    if fault_no = 1 then
      return 4;
    end if;
    return 24;
  end function;

  type state_t is (S_IDLE, S_SHIFT, S_RUN, S_TAIL, S_PAD);

  signal state   : state_t;
  -- The interval. `low_r` has a half bit below the point, which only bypass bins use.
  signal range_r : unsigned(8 downto 0);
  signal low_r   : unsigned(10 downto 0);
  signal shifts  : natural range 0 to 7;
  signal tail    : natural range 0 to 3;     -- bits of the flush to come: the last of low, and the stop bit
  signal first   : std_logic;                -- the next bit is the first of the engine and is not sent
  signal run     : unsigned(run_width(FAULT) - 1 downto 0);
  signal run_bit : std_logic;
  -- The byte that is being filled; it is offered when it is full.
  signal byte_r  : std_logic_vector(7 downto 0);
  signal filled  : natural range 0 to 8;
  signal last_r  : std_logic;

begin

  req_ready <= '1' when state = S_IDLE and filled /= 8 else '0';
  out_valid <= '1' when filled = 8 else '0';
  out_data  <= byte_r;
  out_last  <= last_r;

  process (clk)
    variable lps, mps  : unsigned(8 downto 0);
    variable low_v     : unsigned(10 downto 0);
    variable range_v   : unsigned(8 downto 0);

    procedure start_engine is
    begin
      range_r <= to_unsigned(510, 9);
      low_r   <= (others => '0');
      run     <= (others => '0');
      first   <= '1';
    end procedure;

    procedure append(value : std_logic) is
    begin
      byte_r <= byte_r(6 downto 0) & value;
      filled <= filled + 1;
    end procedure;

    -- A bit of low is decided, and all that waited for it is its opposite.
    procedure decide(value : std_logic; next_state : state_t) is
    begin
      if first = '1' then
        first <= '0';
      else
        append(value);
      end if;
      run_bit <= not value;
      state <= next_state;
      if run /= 0 then
        state <= S_RUN;
      end if;
    end procedure;
  begin
    if rising_edge(clk) then
      if filled = 8 then
        if out_ready = '1' then
          filled <= 0;
          last_r <= '0';
        end if;
      else
        case state is
          when S_IDLE =>
            if req_valid = '1' then
              low_v   := low_r;
              range_v := range_r;
              shifts  <= 0;
              tail    <= 0;
              if req_kind = KIND_CONTEXT then
                lps := lps_range(req_model(5 downto 0), range_r);
                mps := range_r - lps;
                if req_bin = req_model(6) then
                  range_v := mps;
                else
                  range_v := lps;
                  low_v   := low_r + (mps & '0');
                end if;
                shifts <= doublings(range_v);
                state  <= S_SHIFT;
              elsif req_kind = KIND_TERMINATE then
                range_v := range_r - 2;
                if req_bin = '1' then
                  low_v   := low_r + (range_v & '0');
                  range_v := to_unsigned(2, 9);
                  tail    <= 3;
                end if;
                shifts <= doublings(range_v);
                state  <= S_SHIFT;
              elsif req_kind = KIND_BYPASS then
                if req_bin = '1' then
                  low_v := low_r + range_r;
                end if;
                shifts <= 1;
                state  <= S_SHIFT;
              elsif req_kind = KIND_ALIGN then
                range_v := to_unsigned(256, 9);
              elsif req_kind = KIND_RAW then
                byte_r <= req_data;
                filled <= 8;
              end if;
              low_r <= low_v;
              if req_kind = KIND_CONTEXT or req_kind = KIND_TERMINATE then
                range_r <= shift_left(range_v, doublings(range_v));
              else
                range_r <= range_v;
              end if;
            end if;

          when S_SHIFT =>
            if shifts = 0 then
              if tail /= 0 then
                state <= S_TAIL;
              else
                state <= S_IDLE;
              end if;
            else
              shifts <= shifts - 1;
              if low_r(10) = '0' and low_r(9) = '1' then
                low_r <= '0' & low_r(8 downto 0) & '0';
                run   <= run + 1;
              else
                low_r <= low_r(9 downto 0) & '0';
                decide(low_r(10), S_SHIFT);
              end if;
            end if;

          when S_RUN =>
            if run /= 0 then
              append(run_bit);
              run <= run - 1;
            elsif tail /= 0 and shifts = 0 then
              state <= S_TAIL;
            else
              state <= S_SHIFT;
            end if;

          when S_TAIL =>
            tail  <= tail - 1;
            low_r <= low_r(9 downto 0) & '0';
            if tail = 1 then
              append('1');
              last_r <= '1';
              state  <= S_PAD;
            else
              decide(low_r(10), S_TAIL);
            end if;

          when S_PAD =>
            -- A byte that is full was offered by now, and leaves no bits behind.
            if filled = 0 then
              start_engine;
              last_r <= '0';
              state  <= S_IDLE;
            else
              append('0');
            end if;
        end case;
      end if;

      if rst = '1' then
        state  <= S_IDLE;
        filled <= 0;
        last_r <= '0';
        start_engine;
      end if;
    end if;
  end process;

end architecture;
