//! The context variables of a coder. Each is a byte in memory; the one of the last bin is in registers.
//!
//! A quarter to a half of the context bins of real slices use the context variable of the bin before. If it came from memory, such a bin
//! would wait until it is stored and loaded again, which takes longer than the whole bin. So the context variable in use is held. It is
//! stored one bin late, after the next one is loaded: the selection between the two waits for both, and no load should wait for that store.

use core::hint::select_unpredictable;

use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::{TRANS_IDX_LPS, TRANS_IDX_MPS};

/// A context variable in a byte: `pStateIdx << 1 | valMPS`. The highest bit has no meaning in a decoder, and is 0 in an encoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PackedContext(pub(super) u8);

impl PackedContext {
    pub(super) fn new(model: ContextModel) -> PackedContext {
        PackedContext(model.p_state_idx() << 1 | u8::from(model.val_mps()))
    }

    pub(super) fn get(self) -> ContextModel {
        ContextModel::new(self.0 >> 1 & 63, self.0 & 1 != 0).unwrap_or_default()
    }

    /// The context variable after this bin.
    pub(super) const fn next(self, bin: bool) -> PackedContext {
        let (state, mps) = ((self.0 >> 1 & 63) as usize, self.0 & 1);
        match (bin == (mps != 0), state) {
            (true, _) => PackedContext(TRANS_IDX_MPS[state] << 1 | mps),
            (false, 0) => PackedContext(mps ^ 1),
            (false, _) => PackedContext(TRANS_IDX_LPS[state] << 1 | mps),
        }
    }
}

/// The context variables in memory. The one in use is out of date there.
pub(super) type PackedContexts = [PackedContext; CONTEXTS];

pub(super) fn models() -> PackedContexts {
    [PackedContext::default(); CONTEXTS]
}

/// The form in which a coder holds a context variable.
pub(super) trait InUse: Copy {
    fn of(context: PackedContext) -> Self;
    fn packed(self) -> PackedContext;
    /// The first one if `is_first`, by an instruction and not by a branch.
    fn select(is_first: bool, first: Self, second: Self) -> Self;
}

/// An index in the tables of an encoder is a [`PackedContext`] in a register.
impl InUse for usize {
    #[inline(always)]
    fn of(context: PackedContext) -> usize {
        context.0.into()
    }

    #[inline(always)]
    fn packed(self) -> PackedContext {
        PackedContext(self as u8)
    }

    #[inline(always)]
    fn select(is_first: bool, first: usize, second: usize) -> usize {
        select_unpredictable(is_first, first, second)
    }
}

/// The context variable in use, and its index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<T> {
    index: usize,
    /// Coding a bin sets this to what the context variable is after the bin.
    pub(super) in_use: T,
}

impl<T: InUse> Held<T> {
    /// The first of the context variables.
    pub(super) fn new(models: &PackedContexts) -> Held<T> {
        Held { index: 0, in_use: T::of(models[0]) }
    }

    /// Switches to another context variable, or stays with the same one, and returns it. The one that was in use is stored.
    #[inline(always)]
    pub(super) fn switch_to(&mut self, ctx: CtxIdx, models: &mut PackedContexts) -> T {
        let index = ctx.get();
        let loaded = T::of(models[index]);
        if let Some(stored) = models.get_mut(self.index) {
            *stored = self.in_use.packed();
        }
        self.in_use = T::select(index == self.index, self.in_use, loaded);
        self.index = index;
        self.in_use
    }

    #[inline]
    pub(super) fn load(&mut self, ctx: CtxIdx, model: ContextModel, models: &mut PackedContexts) {
        let context = PackedContext::new(model);
        models[ctx.get()] = context;
        if ctx.get() == self.index {
            self.in_use = T::of(context);
        }
    }

    #[inline]
    pub(super) fn save(&self, ctx: CtxIdx, models: &PackedContexts) -> ContextModel {
        let context = if ctx.get() == self.index { self.in_use.packed() } else { models[ctx.get()] };
        context.get()
    }
}
