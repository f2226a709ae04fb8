#include "events/json/describe_codec.hpp"
#include "events/records.hpp"

// The records as the tables keep them.
namespace ibkr::events {

template std::string to_canonical_json<PreviewRecord>(const PreviewRecord&);
template std::string to_canonical_json<ApprovalRecord>(const ApprovalRecord&);
template std::string to_canonical_json<OrderRecord>(const OrderRecord&);
template std::string to_canonical_json<GatewayRecord>(const GatewayRecord&);

template Result<PreviewRecord> from_json_text<PreviewRecord>(std::string_view, const JsonLimits&);
template Result<ApprovalRecord> from_json_text<ApprovalRecord>(std::string_view, const JsonLimits&);
template Result<OrderRecord> from_json_text<OrderRecord>(std::string_view, const JsonLimits&);
template Result<GatewayRecord> from_json_text<GatewayRecord>(std::string_view, const JsonLimits&);

}  // namespace ibkr::events
