using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>The codec of what the queue itself stores as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Reason))]
internal sealed partial class JobsJson : JsonSerializerContext
{
    /// <summary>A reason as it is stored.</summary>
    /// <param name="reason">The reason.</param>
    public static string Write(Reason reason) => JsonSerializer.Serialize(reason, Default.Reason);

    /// <summary>A stored reason.</summary>
    /// <param name="json">What <see cref="Write"/> gave.</param>
    public static Reason Read(string json) =>
        JsonSerializer.Deserialize(json, Default.Reason) ?? throw new JsonException("A stored reason is null.");
}
