# cloudflare.jq - what has to be amended in Cloudflare's description of 2024 before
# requests can be held to it: it lets only the old pair of e-mail and key at the
# records (the emulator checks tokens), demands in a request what only an answer
# has (id, dates) and in a PATCH what a PATCH leaves out, and knows no record without
# a comment, which the API writes as null. It wants a body with a DELETE, whose shape it
# leaves open; the API takes one without.
del(.security, .paths[][].security?)
| .components.schemas.request = (.components.schemas["dns-records_dns-record"] | del(.required))
| .components.schemas["dns-records_comment"].nullable = true
| .components.schemas.part = {
    type: "object", minProperties: 1, additionalProperties: false,
    properties: {
      content: { type: "string" },
      proxied: { type: "boolean" },
      ttl: { "$ref": "#/components/schemas/dns-records_ttl" }
    } }
| (.paths[] | .post?, .put? | select(. != null)
   | .requestBody.content["application/json"].schema) = { "$ref": "#/components/schemas/request" }
| (.paths[] | .patch? | select(. != null)
   | .requestBody.content["application/json"].schema) = { "$ref": "#/components/schemas/part" }
| del(.paths[].delete?.requestBody)
