//! Plots of rows as SVG, readable on light and on dark pages.
//!
//! - [`svg`]: as much of SVG as plots need;
//! - [`scale`]: from values to places on a page, and where an axis has its marks;
//! - [`dots`]: a row with one point: a dot with its spread for each subject;
//! - [`curves`]: a row with several: a curve for each subject, with the fitted one.

pub mod curves;
pub mod dots;
pub mod scale;
pub mod svg;
