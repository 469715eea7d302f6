//! One bin a call.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::bin::BinCoder;
use silicabac::context::CtxIdx;

use super::{Coder, each};
use crate::arrays;
use crate::numbers::{Int, needed};

/// A context variable by its number.
pub(super) fn ctx_idx(number: Int) -> PyResult<CtxIdx> {
    let number = number.within("ctx_idx", 0..=1023)?;
    CtxIdx::new(number).ok_or_else(|| PyValueError::new_err("ctx_idx has to be 0 to 1023"))
}

impl Coder {
    /// A value that what writes has to be given; a decoder does not look at it.
    fn given(&self, name: &str, value: Option<Int>, most: u32) -> PyResult<u32> {
        if self.writes { needed(name, value)?.within(name, 0..=most) } else { Ok(0) }
    }
}

#[pymethods]
impl Coder {
    /// Codes a bin, 0 or 1, with the context variable `ctx_idx`, 0 to 1023, and updates that. Returns the bin.
    ///
    /// StateError between two engine runs, as of all calls that code bins.
    ///
    /// >>> import silicabac
    /// >>> silicabac.Encoder().context(60, 1)
    /// 1
    #[pyo3(signature = (ctx_idx, bin=None))]
    fn context(&self, ctx_idx: Int, bin: Option<Int>) -> PyResult<u8> {
        let (ctx, bin) = (self::ctx_idx(ctx_idx)?, self.given("bin", bin, 1)? == 1);
        self.inner.with(|inner| {
            inner.in_run()?;
            Ok(each!(&mut inner.engine, coder => coder.context(ctx, bin)).into())
        })
    }

    /// Codes a bypass bin, 0 or 1, and returns it.
    #[pyo3(signature = (bin=None))]
    fn bypass(&self, bin: Option<Int>) -> PyResult<u8> {
        let bin = self.given("bin", bin, 1)? == 1;
        self.inner.with(|inner| {
            inner.in_run()?;
            Ok(each!(&mut inner.engine, coder => coder.bypass(bin)).into())
        })
    }

    /// Codes `count` bypass bins, 32 at the most: the low bits of `value`, the highest first. Returns the value.
    ///
    /// >>> import silicabac
    /// >>> silicabac.Encoder().bypass_bits(4, 0b1001)
    /// 9
    #[pyo3(signature = (count, value=None))]
    fn bypass_bits(&self, count: Int, value: Option<Int>) -> PyResult<u32> {
        let count: u32 = count.within("count", 0..=32)?;
        let value = self.given("value", value, u32::MAX.checked_shr(32 - count).unwrap_or(0))?;
        self.inner.with(|inner| {
            inner.in_run()?;
            Ok(each!(&mut inner.engine, coder => coder.bypass_bits(count, value)))
        })
    }

    /// Codes a terminate bin, 0 or 1, and returns it. A bin of 1 ends the engine run; then come `padding`, `raw`, `start`, or the end.
    ///
    /// >>> import silicabac
    /// >>> encoder = silicabac.Encoder()
    /// >>> encoder.terminate(1)
    /// 1
    /// >>> encoder.bypass(0)
    /// Traceback (most recent call last):
    ///     ...
    /// silicabac.errors.StateError: the engine run has ended; start() begins another one
    #[pyo3(signature = (bin=None))]
    fn terminate(&self, bin: Option<Int>) -> PyResult<u8> {
        let bin = self.given("bin", bin, 1)? == 1;
        self.inner.with(|inner| {
            inner.in_run()?;
            let bin = each!(&mut inner.engine, coder => coder.terminate(bin));
            inner.is_in_run = !bin;
            Ok(bin.into())
        })
    }

    /// H.265 bypass alignment: codIRange becomes 256.
    fn align(&self) -> PyResult<()> {
        self.inner.with(|inner| {
            inner.in_run()?;
            each!(&mut inner.engine, coder => coder.align());
            Ok(())
        })
    }

    /// After a terminate bin of 1: the bits after the stop bit in its byte, in place. The standards want zeros, which is what is written
    /// without this call; but not every stream has them. Returns the bits.
    #[pyo3(signature = (bits=None))]
    fn padding(&self, bits: Option<Int>) -> PyResult<u8> {
        let bits = self.given("bits", bits, 255)? as u8;
        self.inner.with(|inner| {
            inner.between_lives()?;
            Ok(each!(&mut inner.engine, coder => coder.padding(bits)))
        })
    }

    /// After a terminate bin of 1: codes `count` bytes as they are, such as PCM samples. What writes is given as many `data`. Returns the
    /// bytes. A decoder reads no more bytes than there are, and after them zeros.
    ///
    /// >>> import silicabac
    /// >>> encoder = silicabac.Encoder()
    /// >>> encoder.terminate(1), encoder.raw(2, b"ab")
    /// (1, b'ab')
    #[pyo3(signature = (count, data=None))]
    fn raw<'py>(
        &self,
        py: Python<'py>,
        count: Int,
        data: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let count: usize = count.within("count", 0..=MAX_RAW)?;
        let mut bytes = arrays::zeros(count)?;
        if self.writes {
            let data = arrays::bytes("data", needed("data", data)?)?;
            if data.len() != count {
                let what = format!("data has {} bytes, and count is {count}", data.len());
                return Err(PyValueError::new_err(what));
            }
            bytes.copy_from_slice(&data);
        }
        self.inner.with(|inner| {
            inner.between_lives()?;
            each!(&mut inner.engine, coder => coder.raw(&mut bytes));
            Ok(PyBytes::new(py, &bytes))
        })
    }
}

/// The most raw bytes of a call, so that a wrong number does not fill the memory.
const MAX_RAW: usize = 1 << 30;
