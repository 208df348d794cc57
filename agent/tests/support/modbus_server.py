"""A Modbus server with the registers of known devices: `tcp PORT`, or `rtu PATH`."""

import asyncio
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer


def block(size, values):
    """Registers from 0 on; those not given are 0."""
    return ModbusSequentialDataBlock(0, [values.get(address, 0) for address in range(size)])


def floats(values):
    """Addresses and 32-bit floats, high word first."""
    words = {}
    for address, value in values.items():
        words[address], words[address + 1] = struct.unpack(">HH", struct.pack(">f", value))
    return words


def device(inputs=None, holdings=None, bits=None):
    return ModbusSlaveContext(
        di=block(16, bits or {}),
        co=block(16, bits or {}),
        hr=block(80, holdings or {}),
        ir=block(80, inputs or {}),
        zero_mode=True,
    )


devices = {
    # The climate sensor: -20.5 degrees, 54.6 %.
    1: device(inputs={1: 0xFF33, 2: 546}),
    # The meter: 230.5 V, 1234.5 W, 4321.25 kWh.
    2: device(inputs=floats({0: 230.5, 12: 1234.5, 72: 4321.25})),
    # A device of its own kind: an entry counter with its low word first, a door contact.
    3: device(holdings={10: 2, 11: 1}, bits={4: 1}),
}
context = ModbusServerContext(slaves=devices, single=False)

if sys.argv[1] == "tcp":
    server = StartAsyncTcpServer(context=context, address=("127.0.0.1", int(sys.argv[2])), ignore_missing_slaves=True)
else:
    server = StartAsyncSerialServer(
        context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=19200, parity="N", ignore_missing_slaves=True
    )
asyncio.run(server)
