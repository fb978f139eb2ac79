//! `FawryPay`.
