//! What initialises the context variables of a slice.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use silicabac::context::{self, Codec, CtxIdx, SliceType};

use crate::arrays::array;
use crate::numbers::Int;

/// A standard by its name in Python: "avc" or "hevc".
pub(crate) fn codec(name: &str) -> PyResult<Codec> {
    match name {
        "avc" => Ok(Codec::Avc),
        "hevc" => Ok(Codec::Hevc),
        _ => Err(PyValueError::new_err("codec has to be \"avc\" or \"hevc\"")),
    }
}

pub(crate) fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Avc => "avc",
        Codec::Hevc => "hevc",
    }
}

/// The facts of a slice header that initialise the context variables of the slice.
///
/// `codec` is "avc", whose contexts are numbered by ctxIdx, or "hevc", whose contexts are numbered as in docs/h265-contexts.md. `slice_type` is
/// "P", "B" or "I"; `slice_qp_y` is SliceQPY, -128 to 127, which is clipped to 0 to 51; `index` is cabac_init_idc of H.264, 0 to 2, or
/// cabac_init_flag of H.265, 0 or 1.
///
/// >>> import silicabac
/// >>> int(silicabac.SliceInit("avc", "P", 26).models()[11])
/// 70
#[pyclass(frozen, eq, module = "silicabac")]
#[derive(PartialEq)]
pub(crate) struct SliceInit(pub(crate) context::SliceInit);

/// What a slice has, as Python has it.
pub(crate) fn slice_init(init: context::SliceInit) -> SliceInit {
    SliceInit(init)
}

#[pymethods]
impl SliceInit {
    #[new]
    #[pyo3(signature = (codec, slice_type, slice_qp_y, index=Int::ZERO), text_signature = "(codec, slice_type, slice_qp_y, index=0)")]
    fn new(codec: &str, slice_type: &str, slice_qp_y: Int, index: Int) -> PyResult<SliceInit> {
        let codec = self::codec(codec)?;
        let slice_type = match slice_type {
            "P" => SliceType::P,
            "B" => SliceType::B,
            "I" => SliceType::I,
            _ => return Err(PyValueError::new_err("slice_type has to be \"P\", \"B\" or \"I\"")),
        };
        let slice_qp_y = slice_qp_y.within("slice_qp_y", i8::MIN..=i8::MAX)?;
        let index = index.within("index", 0..=if codec == Codec::Avc { 2 } else { 1 })?;
        Ok(SliceInit(context::SliceInit { codec, slice_type, slice_qp_y, index }))
    }

    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        codec_name(self.0.codec)
    }

    /// "P", "B" or "I".
    #[getter]
    fn slice_type(&self) -> &'static str {
        match self.0.slice_type {
            SliceType::P => "P",
            SliceType::B => "B",
            SliceType::I => "I",
        }
    }

    /// SliceQPY.
    #[getter]
    fn slice_qp_y(&self) -> i8 {
        self.0.slice_qp_y
    }

    /// cabac_init_idc or cabac_init_flag.
    #[getter]
    fn index(&self) -> u8 {
        self.0.index
    }

    /// The initial states of all 1,024 context variables, an array of uint8: pStateIdx in the low six bits and valMPS in the next one, or
    /// 255 where such slices have no such context variable.
    fn models<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let model = |ctx| self.0.model(ctx).map_or(255, |model| model.bits());
        array::<u8>(py, (0..).map_while(CtxIdx::new).map(model).collect())
    }

    fn __repr__(&self) -> String {
        format!(
            "SliceInit({:?}, {:?}, {}, {})",
            self.codec(),
            self.slice_type(),
            self.slice_qp_y(),
            self.index()
        )
    }
}
