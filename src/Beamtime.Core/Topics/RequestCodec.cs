using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Topics;

/// <summary>Writes and reads questions and answers where they leave the process.</summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
/// <param name="Request">Of the question.</param>
/// <param name="Reply">Of the answer.</param>
internal sealed record RequestCodec<TRequest, TReply>(JsonTypeInfo<TRequest> Request, JsonTypeInfo<TReply> Reply)
{
    /// <summary>The question as it arrives elsewhere.</summary>
    public TRequest PassRequest(TRequest request) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(request, Request), Request)!;

    /// <summary>The answer as it arrives elsewhere.</summary>
    public TReply PassReply(TReply reply) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(reply, Reply), Reply)!;
}
