using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Workflows;

/// <summary>A message that a kind of workflow understands, without the type of its body.</summary>
/// <param name="Name">Permanent: senders give it.</param>
internal abstract record WorkflowMessage(string Name)
{
    /// <summary>What is wrong with a body; null where it fits.</summary>
    /// <param name="body">The body as JSON.</param>
    public abstract string? Mistake(string body);
}

/// <summary>A message that a kind of workflow understands: its name and the form of its body.</summary>
/// <typeparam name="T">The body.</typeparam>
/// <param name="Name">Permanent: senders give it.</param>
/// <param name="Json">The codec of the body.</param>
internal sealed record WorkflowMessage<T>(string Name, JsonTypeInfo<T> Json) : WorkflowMessage(Name)
{
    /// <inheritdoc/>
    public override string? Mistake(string body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, Json) is null ? "it is null" : null;
        }
        catch (JsonException mistake)
        {
            return mistake.Message;
        }
    }
}
