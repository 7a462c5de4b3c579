//! The XML of the AWS query protocol.

use super::refusal::Refusal;

/// The services, told apart by the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Sts,
    Iam,
}

impl Service {
    /// The name in the scope of a signature.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

/// An element with escaped text.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// The response to an action; `result` is XML.
pub(crate) fn response(service: Service, action: &str, result: &str, request_id: &str) -> String {
    format!(
        "<{action}Response xmlns=\"{}\">\n  <{action}Result>{result}</{action}Result>\n  \
         <ResponseMetadata>{}</ResponseMetadata>\n</{action}Response>\n",
        service.namespace(),
        element("RequestId", request_id),
    )
}

/// The response that denies it.
pub(crate) fn error(service: Service, refusal: &Refusal, request_id: &str) -> String {
    let fault_of = if refusal.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    format!(
        "<ErrorResponse xmlns=\"{}\">\n  <Error>\n    <Type>{fault_of}</Type>\n    {}\n    {}\n  \
         </Error>\n  {}\n</ErrorResponse>\n",
        service.namespace(),
        element("Code", &refusal.code),
        element("Message", &refusal.message),
        element("RequestId", request_id),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
