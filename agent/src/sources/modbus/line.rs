//! A line to Modbus devices, opened when it is needed and again after a failure.

use super::Block;
use crate::config::{ModbusLink, ModbusSource, RegisterTable};
use crate::diagnosis::Message;
use crate::sources::serial::open_serial;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_modbus::client::{Context, Reader, rtu, tcp};
use tokio_modbus::slave::{Slave, SlaveContext};
use tokio_modbus::{Error, ExceptionCode};

/// To open a TCP connection.
const OPEN_MAX: Duration = Duration::from_secs(10);

/// The line, whether open or not.
pub struct Line {
    link: ModbusLink,
    open: Option<Context>,
}

type Answer = Result<Result<Vec<u16>, ExceptionCode>, Error>;

impl Line {
    pub fn new(link: ModbusLink) -> Self {
        Self { link, open: None }
    }

    /// Asks a device for a block of registers; a bit counts as a register of 0 or 1.
    pub async fn read(&mut self, device: &ModbusSource, block: &Block) -> Result<Vec<u16>, Message> {
        let mut context = match self.open.take() {
            Some(context) => context,
            None => self.open_now().await?,
        };
        let unit = device.unit;
        context.set_slave(Slave(unit));
        sleep(self.silence()).await;
        let answer = timeout(device.timeout, ask(&mut context, block)).await;
        let about = |name| Message::new(name).with("unit", unit);
        match answer {
            Ok(Ok(Ok(words))) => {
                self.open = Some(context);
                Ok(words)
            }
            Ok(Ok(Err(exception))) => {
                self.open = Some(context);
                let table = format!("{:?}", block.table).to_lowercase();
                let problem = about("modbus_exception").with("code", u8::from(exception));
                Err(problem.with("table", table).with("address", block.first))
            }
            // An answer that comes late would be taken for the next one's, so the line is opened anew.
            Ok(Err(error)) => Err(about("modbus_broken").with("error", kind_of(&error))),
            Err(_) => Err(about("modbus_silent").with("ms", device.timeout.as_millis())),
        }
    }

    async fn open_now(&mut self) -> Result<Context, Message> {
        match &self.link {
            ModbusLink::Tcp { address } => {
                let problem =
                    |error: String| Message::new("modbus_tcp").with("address", address).with("error", error);
                let stream = timeout(OPEN_MAX, TcpStream::connect(address.as_str())).await;
                let stream = stream
                    .map_err(|_| problem("no answer".to_owned()))?
                    .map_err(|error| problem(error.to_string()))?;
                Ok(tcp::attach_slave(stream, Slave(1)))
            }
            ModbusLink::Rtu(line) => {
                let port = open_serial(line).map_err(|error| {
                    Message::new("serial_port").with("path", line.path.display()).with("error", error)
                })?;
                Ok(rtu::attach_slave(port, Slave(1)))
            }
        }
    }

    /// Devices know where a frame begins by three and a half characters of silence before it (Modbus over serial line
    /// 1.02, 2.5.1.1), at least 1.75 ms.
    fn silence(&self) -> Duration {
        match &self.link {
            ModbusLink::Tcp { .. } => Duration::ZERO,
            ModbusLink::Rtu(line) => {
                Duration::from_secs_f64((3.5 * 11.0 / f64::from(line.baud)).max(0.00175))
            }
        }
    }
}

async fn ask(context: &mut Context, block: &Block) -> Answer {
    let Block { first, count, .. } = *block;
    let bits = |answer: Result<Result<Vec<bool>, ExceptionCode>, Error>| -> Answer {
        answer.map(|answer| answer.map(|bits| bits.into_iter().map(u16::from).collect()))
    };
    match block.table {
        RegisterTable::Coil => bits(context.read_coils(first, count).await),
        RegisterTable::Discrete => bits(context.read_discrete_inputs(first, count).await),
        RegisterTable::Input => context.read_input_registers(first, count).await,
        RegisterTable::Holding => context.read_holding_registers(first, count).await,
    }
}

/// What broke, without what the device said.
fn kind_of(error: &Error) -> String {
    match error {
        Error::Transport(error) => error.to_string(),
        Error::Protocol(_) => "an answer that belongs to another question".to_owned(),
    }
}
