using System.Text.Json.Serialization;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Plugins;

/// <summary>What is asked about plugins.</summary>
/// <param name="Reloads">True to read them anew; else they are only told.</param>
internal sealed record PluginCommand(bool Reloads);

/// <summary>Tells the processes of a beamline to read their plugins anew.</summary>
/// <param name="Plugins">The versions that the scan server has, by name: <c>Spiral 1.0.1 (3f2a…)</c>.</param>
internal sealed record PluginNotice(IReadOnlyList<string> Plugins);

/// <summary>What is said about a beamline's plugins.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class PluginTopics(TopicHub hub, string beamline)
{
    private const int Kept = 16;

    /// <summary>What is asked of the scan server.</summary>
    public RequestTopic<PluginCommand, PluginList> Commands { get; } = hub.Open(new RequestDeclaration<PluginCommand, PluginList>(
        $"{beamline}.plugins", Kept, PluginJson.Default.PluginCommand, PluginJson.Default.PluginList, "plugins.reload"));

    /// <summary>From the scan server, when it was asked to read its plugins anew.</summary>
    public Topic<PluginNotice> Notices { get; } = hub.Open(new TopicDeclaration<PluginNotice>(
        $"{beamline}.plugin-notices", Kept, PluginJson.Default.PluginNotice, "scans.read"));
}

/// <summary>JSON of plugins.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PluginCommand))]
[JsonSerializable(typeof(PluginList))]
[JsonSerializable(typeof(PluginNotice))]
internal sealed partial class PluginJson : JsonSerializerContext;
