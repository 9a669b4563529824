//! The page at `/`: one HTML file that speaks JSON to the client port, and the policy that keeps it to itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PAGE: &str = include_str!("page.html");
/// Length of the random number that marks the page's own script and style, in bytes.
const NONCE_BYTES: usize = 16;

/// The page's content security policy and its HTML.
///
/// # Errors
/// The operating system gives no random numbers.
pub(super) fn render(client_port: u16) -> Result<(String, String), getrandom::Error> {
    let mut random = [0; NONCE_BYTES];
    getrandom::fill(&mut random)?;
    let nonce = STANDARD.encode(random);
    // The page is reached under many names, and the client port is under the same: any name, but that port alone.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
         connect-src ws://*:{client_port} wss://*:{client_port}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = PAGE.replace("{{nonce}}", &nonce).replace("{{client_port}}", &client_port.to_string());
    Ok((policy, html))
}
