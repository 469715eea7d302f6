//! Macroblocks of H.264.

use numpy::PyUntypedArrayMethods;
use numpy::{PyArrayDescrMethods, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use silicabac::avc::{self, Derived, MbType, StreamUnit};

use super::blocks::Read;
use crate::arrays::{self, array, copied, shaped};
use crate::numbers::Int;

/// The syntax elements of a macroblock, by their names in the standard. What its type has no element for is zero.
///
/// A macroblock cannot be changed: `replace` makes another one, with some elements changed. `Macroblock(...)` makes one from elements alone;
/// those that are not named are zero, and its type is that of a skipped one.
///
/// >>> import silicabac
/// >>> block = next(iter(next(silicabac.Stream(silicabac.dreams.dream("avc", 7)).slices())))
/// >>> block.replace(mb_qp_delta=2).mb_qp_delta
/// 2
/// >>> block.levels.dtype, block.mvd.shape
/// (dtype('int32'), (2, 16, 2))
#[pyclass(frozen, eq, module = "silicabac")]
#[derive(Clone, PartialEq)]
pub(crate) struct Macroblock {
    pub(super) elements: avc::Macroblock,
    mb_addr: u32,
    derived: Derived,
}

/// The macroblocks of a slice.
pub(super) fn read(unit: &StreamUnit) -> Read<Macroblock> {
    let mut blocks: Vec<Macroblock> = Vec::new();
    let read = unit.observe((), |read_unit| {
        if read_unit.mb_addr % 2 == 1
            && let Some(upper) = blocks.last_mut()
        {
            // Both macroblocks of a pair are alike, and only the lower one may say how; without pairs all of a slice are.
            upper.derived.is_field = read_unit.derived.is_field;
        }
        blocks.push(Macroblock {
            elements: read_unit.macroblock.clone(),
            mb_addr: read_unit.mb_addr as u32,
            derived: read_unit.derived,
        });
    });
    let damage = read.and_then(|(_, read)| read.err()).map(|error| error.to_string());
    Read { blocks: blocks.into_iter(), damage }
}

/// An array of small numbers as elements have them, of this shape and any integer type of NumPy that can hold them.
fn numbers<const N: usize>(
    name: &str,
    given: &Bound<'_, PyAny>,
    shape: &[usize],
    low: i64,
    high: i64,
) -> PyResult<[i64; N]> {
    let wrong = || PyTypeError::new_err(format!("{name} has to be an array of integers"));
    let array = given.cast::<PyUntypedArray>().map_err(|_| wrong())?;
    if !matches!(array.dtype().kind(), b'i' | b'u') {
        return Err(wrong());
    }
    if array.shape() != shape {
        return Err(PyValueError::new_err(format!("{name} has to have the shape {shape:?}")));
    }
    let values: Vec<i64> = given.call_method0("ravel")?.call_method0("tolist")?.extract()?;
    if values.iter().any(|value| !(low..=high).contains(value)) {
        return Err(PyValueError::new_err(format!("{name} has to have values of {low} to {high}")));
    }
    values.try_into().map_err(|_| wrong())
}

impl Macroblock {
    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Macroblock { elements: of, .. } = self;
        let int = || value.extract::<Int>();
        match name {
            "mb_kind" => {
                let (_, number) = kind_and_number(of.mb_type);
                of.mb_type = mb_type(&value.extract::<String>()?, number)?;
            }
            "mb_type" => {
                let (kind, _) = kind_and_number(of.mb_type);
                of.mb_type = mb_type(kind, int()?.within("mb_type", 0..=25)?)?;
            }
            "mb_field_decoding_flag" => {
                let flag = if value.is_none() { None } else { Some(int()?.within::<u8>(name, 0..=1)? == 1) };
                of.mb_field_decoding_flag = flag;
            }
            "transform_size_8x8_flag" => of.transform_size_8x8_flag = int()?.within::<u8>(name, 0..=1)? == 1,
            "rem_intra_pred_mode" => {
                of.rem_intra_pred_mode =
                    numbers::<16>(name, value, &[16], -1, 7)?.map(|mode| u8::try_from(mode).ok());
            }
            "intra_chroma_pred_mode" => of.intra_chroma_pred_mode = int()?.within(name, 0..=3)?,
            "coded_block_pattern" => of.coded_block_pattern = int()?.within(name, 0..=47)?,
            "mb_qp_delta" => of.mb_qp_delta = int()?.within(name, i8::MIN..=i8::MAX)?,
            "pcm_alignment" => of.pcm_alignment = int()?.within(name, 0..=127)?,
            "sub_mb_type" => of.sub_mb_type = numbers::<4>(name, value, &[4], 0, 12)?.map(|kind| kind as u8),
            "ref_idx" => {
                let given = numbers::<8>(name, value, &[2, 4], 0, 31)?;
                of.ref_idx =
                    std::array::from_fn(|list| std::array::from_fn(|part| given[4 * list + part] as u8));
            }
            "mvd" => {
                let given = numbers::<64>(name, value, &[2, 16, 2], i16::MIN.into(), i16::MAX.into())?;
                of.mvd = std::array::from_fn(|list| {
                    std::array::from_fn(|place| {
                        std::array::from_fn(|direction| given[32 * list + 2 * place + direction] as i16)
                    })
                });
            }
            "levels" => of.levels = at_most(name, copied::<i32>(name, value)?, MOST_LEVELS)?,
            "pcm" => of.pcm = at_most(name, arrays::bytes(name, value)?.to_vec(), MOST_LEVELS * 14 / 8)?,
            _ => {
                return Err(PyTypeError::new_err(format!(
                    "a macroblock has no element {name} that can be set"
                )));
            }
        }
        Ok(())
    }

    fn with(mut self, elements: Option<&Bound<'_, PyDict>>) -> PyResult<Macroblock> {
        for (name, value) in elements.into_iter().flatten() {
            self.set(&name.extract::<String>()?, &value)?;
        }
        Ok(self)
    }
}

/// The levels of a macroblock of 4:4:4; no macroblock has more, nor more samples.
const MOST_LEVELS: usize = 768;

fn at_most<T>(name: &str, values: Vec<T>, most: usize) -> PyResult<Vec<T>> {
    match values.len() <= most {
        true => Ok(values),
        false => Err(PyValueError::new_err(format!("{name} has more than {most} values"))),
    }
}

fn kind_and_number(mb_type: MbType) -> (&'static str, u8) {
    match mb_type {
        MbType::Skip => ("skip", 0),
        MbType::I(number) => ("I", number),
        MbType::P(number) => ("P", number),
        MbType::B(number) => ("B", number),
    }
}

/// Where one of the two is given, the other one may still be that of another kind: the number of a skipped macroblock is not looked at.
fn mb_type(kind: &str, number: u8) -> PyResult<MbType> {
    match (kind, number) {
        ("skip", _) => Ok(MbType::Skip),
        ("I", 0..=25) => Ok(MbType::I(number)),
        ("P", 0..=3) => Ok(MbType::P(number)),
        ("B", 0..=22) => Ok(MbType::B(number)),
        ("I" | "P" | "B", _) => {
            Err(PyValueError::new_err(format!("there is no mb_type {number} of the kind {kind}")))
        }
        _ => Err(PyValueError::new_err("mb_kind has to be \"skip\", \"I\", \"P\" or \"B\"")),
    }
}

#[pymethods]
impl Macroblock {
    #[new]
    #[pyo3(signature = (**elements))]
    fn new(elements: Option<&Bound<'_, PyDict>>) -> PyResult<Macroblock> {
        let derived = Derived { x: 0, y: 0, is_field: false, qp_y: 0 };
        Macroblock { elements: avc::Macroblock::default(), mb_addr: 0, derived }.with(elements)
    }

    /// A macroblock that differs in these elements. What is derived stays as it is. ValueError for a value that the element never has;
    /// whether it can have the value here is seen when the slice is written. Set `mb_kind` before `mb_type` where both change.
    #[pyo3(signature = (**elements))]
    fn replace(&self, elements: Option<&Bound<'_, PyDict>>) -> PyResult<Macroblock> {
        self.clone().with(elements)
    }

    /// Its address.
    #[getter]
    fn mb_addr(&self) -> u32 {
        self.mb_addr
    }

    /// The column of its first luma sample. Derived, as the next three.
    #[getter]
    fn x(&self) -> usize {
        self.derived.x
    }

    /// The row of its first luma sample, in the frame or the field that is coded.
    #[getter]
    fn y(&self) -> usize {
        self.derived.y
    }

    /// QPY.
    #[getter]
    fn qp_y(&self) -> i32 {
        self.derived.qp_y
    }

    /// Whether it is a field macroblock.
    #[getter]
    fn is_field(&self) -> bool {
        self.derived.is_field
    }

    /// "skip": P_Skip or B_Skip; "I", "P" or "B": a type of table 7-11, 7-13 or 7-14.
    #[getter]
    fn mb_kind(&self) -> &'static str {
        kind_and_number(self.elements.mb_type).0
    }

    /// mb_type, as the table of its kind numbers it.
    #[getter]
    fn mb_type(&self) -> u8 {
        kind_and_number(self.elements.mb_type).1
    }

    /// The name of its type in the standard, such as "I_16x16_3_1_0".
    #[getter]
    fn name(&self) -> String {
        self.elements.mb_type.name()
    }

    /// mb_field_decoding_flag, 0 or 1; None where it is not in the stream.
    #[getter]
    fn mb_field_decoding_flag(&self) -> Option<u8> {
        self.elements.mb_field_decoding_flag.map(u8::from)
    }

    /// transform_size_8x8_flag.
    #[getter]
    fn transform_size_8x8_flag(&self) -> u8 {
        self.elements.transform_size_8x8_flag.into()
    }

    /// rem_intra4x4_pred_mode by 4x4 block, or rem_intra8x8_pred_mode in the first four, 16 of int8; -1 where the mode is the predicted one.
    #[getter]
    fn rem_intra_pred_mode<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let modes = self.elements.rem_intra_pred_mode.map(|mode| mode.map_or(-1, |mode| mode as i8));
        array::<i8>(py, modes.to_vec())
    }

    /// intra_chroma_pred_mode.
    #[getter]
    fn intra_chroma_pred_mode(&self) -> u8 {
        self.elements.intra_chroma_pred_mode
    }

    /// CodedBlockPatternLuma + 16 * CodedBlockPatternChroma, of Intra_16x16 too.
    #[getter]
    fn coded_block_pattern(&self) -> u8 {
        self.elements.coded_block_pattern
    }

    /// mb_qp_delta.
    #[getter]
    fn mb_qp_delta(&self) -> i8 {
        self.elements.mb_qp_delta
    }

    /// pcm_alignment_zero_bit of I_PCM, as the low bits of a byte.
    #[getter]
    fn pcm_alignment(&self) -> u8 {
        self.elements.pcm_alignment
    }

    /// sub_mb_type, by 8x8 block, 4 of uint8.
    #[getter]
    fn sub_mb_type<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        array::<u8>(py, self.elements.sub_mb_type.to_vec())
    }

    /// ref_idx_l0 and ref_idx_l1, by macroblock partition, 2x4 of uint8.
    #[getter]
    fn ref_idx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        shaped::<u8>(py, self.elements.ref_idx.as_flattened().to_vec(), &[2, 4])
    }

    /// mvd_l0 and mvd_l1, horizontal and vertical, at the place of the first 4x4 block, in rows of four, of each partition, 2x16x2 of int16.
    #[getter]
    fn mvd<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let flat = self.elements.mvd.as_flattened().as_flattened();
        shaped::<i16>(py, flat.to_vec(), &[2, 16, 2])
    }

    /// The transform coefficient levels of Y, Cb and Cr, block by block, each in the order of its scan, an array of int32: 16 places a 4x4 block,
    /// 64 an 8x8 block. Of blocks without a DC level the first place holds a level of the block of DC levels. Empty if no block is coded.
    #[getter]
    fn levels<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        array::<i32>(py, self.elements.levels.clone())
    }

    /// The bytes of the samples of I_PCM.
    #[getter]
    fn pcm<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.elements.pcm)
    }

    fn __repr__(&self) -> String {
        format!("<Macroblock {}: {}>", self.mb_addr, self.name())
    }
}
