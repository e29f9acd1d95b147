using System.Text.Json.Serialization;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Devices;

/// <summary>What goes between a beamline's device server and those who use its devices.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class DeviceTopics(TopicHub hub, string beamline)
{
    /// <summary>The beamline.</summary>
    public string Beamline => beamline;

    private const int ReadingsKept = 8192;
    private const int InstructionsKept = 1024;
    private const int RequestsKept = 64;
    private const int StatesKept = 16;
    private const int ChangesKept = 1024;
    private const int IndicesKept = 1024;

    /// <summary>Instructions to the device server.</summary>
    public RequestTopic<Instruction, InstructionDone> Instructions { get; } =
        hub.Open(new RequestDeclaration<Instruction, InstructionDone>(
            $"{beamline}.instructions",
            InstructionsKept,
            DeviceTopicJson.Default.Instruction,
            DeviceTopicJson.Default.InstructionDone,
            "devices.set")
        {
            IsTraced = false,
        });

    /// <summary>Stops to the device server; they pass whatever waits there.</summary>
    public RequestTopic<StopRequest, StopDone> Stops { get; } = hub.Open(new RequestDeclaration<StopRequest, StopDone>(
        $"{beamline}.device-stops",
        RequestsKept,
        DeviceTopicJson.Default.StopRequest,
        DeviceTopicJson.Default.StopDone,
        "devices.stop"));

    /// <summary>Changes of the devices of a device server.</summary>
    public RequestTopic<RosterEdit, RosterEdited> Edits { get; } = hub.Open(new RequestDeclaration<RosterEdit, RosterEdited>(
        $"{beamline}.device-edits",
        RequestsKept,
        DeviceTopicJson.Default.RosterEdit,
        DeviceTopicJson.Default.RosterEdited,
        "devices.configure"));

    /// <summary>What people want of the device configuration, to the scan server, which knows who uses which device.</summary>
    public RequestTopic<ConfigurationCommand, ConfigurationAnswer> Configurations { get; } = hub.Open(
        new RequestDeclaration<ConfigurationCommand, ConfigurationAnswer>(
            $"{beamline}.device-configurations",
            RequestsKept,
            DeviceTopicJson.Default.ConfigurationCommand,
            DeviceTopicJson.Default.ConfigurationAnswer,
            "devices.configure"));

    /// <summary>How far a change of the devices is.</summary>
    public Topic<RosterProgress> Editing { get; } = hub.Open(new TopicDeclaration<RosterProgress>(
        $"{beamline}.device-editing", ChangesKept, DeviceTopicJson.Default.RosterProgress, "devices.read"));

    /// <summary>What people and procedures want of devices, to the scan server, which knows who uses them.</summary>
    public RequestTopic<SetRequest, DeviceAnswer> Sets { get; } = hub.Open(new RequestDeclaration<SetRequest, DeviceAnswer>(
        $"{beamline}.device-sets",
        RequestsKept,
        DeviceTopicJson.Default.SetRequest,
        DeviceTopicJson.Default.DeviceAnswer,
        "devices.set"));

    /// <summary>Calls of methods that change a device, to the scan server, which knows who uses it.</summary>
    public RequestTopic<CallRequest, CallDone> Calls { get; } = hub.Open(new RequestDeclaration<CallRequest, CallDone>(
        $"{beamline}.device-calls",
        RequestsKept,
        DeviceTopicJson.Default.CallRequest,
        DeviceTopicJson.Default.CallDone,
        "devices.set"));

    /// <summary>What the device server read for points.</summary>
    public Topic<PointReadings> Readings { get; } = hub.Open(new TopicDeclaration<PointReadings>(
        $"{beamline}.readings", ReadingsKept, DeviceTopicJson.Default.PointReadings, "scans.read", "bundler"));

    /// <summary>What the device server has, told at its start.</summary>
    public Topic<DeviceRosterState> Roster { get; } = hub.Open(new TopicDeclaration<DeviceRosterState>(
        $"{beamline}.devices", StatesKept, DeviceTopicJson.Default.DeviceRosterState, "devices.read"));

    /// <summary>The device server's sign of life.</summary>
    public Topic<DeviceBeat> Beats { get; } = hub.Open(new TopicDeclaration<DeviceBeat>(
        $"{beamline}.device-beats", StatesKept, DeviceTopicJson.Default.DeviceBeat, "devices.read"));

    /// <summary>The last readings of all devices, a few times a second where they changed.</summary>
    public Topic<DeviceValues> Values { get; } = hub.Open(new TopicDeclaration<DeviceValues>(
        $"{beamline}.device-values", StatesKept, DeviceTopicJson.Default.DeviceValues, "devices.read"));

    /// <summary>Changes that devices publish on their own.</summary>
    public Topic<DeviceChange> Changes { get; } = hub.Open(new TopicDeclaration<DeviceChange>(
        $"{beamline}.device-changes", ChangesKept, DeviceTopicJson.Default.DeviceChange, "devices.read"));

    /// <summary>How far devices are that say so.</summary>
    public Topic<DeviceProgressed> Progress { get; } = hub.Open(new TopicDeclaration<DeviceProgressed>(
        $"{beamline}.device-progress", ChangesKept, DeviceTopicJson.Default.DeviceProgressed, "devices.read"));

    /// <summary>Thinned frames and curves for viewers; who does not keep up misses some.</summary>
    public Topic<DevicePreview> Previews { get; } = hub.Open(new TopicDeclaration<DevicePreview>(
        $"{beamline}.device-previews", StatesKept, DeviceTopicJson.Default.DevicePreview, "devices.read"));

    /// <summary>How far asynchronous signals are, a few times a second, for viewers.</summary>
    public Topic<AsynchronousIndex> AsynchronousIndices { get; } = hub.Open(new TopicDeclaration<AsynchronousIndex>(
        $"{beamline}.async-index", IndicesKept, DeviceTopicJson.Default.AsynchronousIndex, "scans.read"));

    /// <summary>The sign of life of the scan server, which commands the devices, and who uses which.</summary>
    public Topic<OwnerBeat> Owner { get; } = hub.Open(new TopicDeclaration<OwnerBeat>(
        $"{beamline}.device-owner", StatesKept, DeviceTopicJson.Default.OwnerBeat, "devices.read"));
}

/// <summary>JSON of what leaves and reaches the device server.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    IncludeFields = true,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(ValueConverter), typeof(DeviceEntryConverter)])]
[JsonSerializable(typeof(Instruction))]
[JsonSerializable(typeof(InstructionDone))]
[JsonSerializable(typeof(PointReadings))]
[JsonSerializable(typeof(StopRequest))]
[JsonSerializable(typeof(StopDone))]
[JsonSerializable(typeof(SetRequest))]
[JsonSerializable(typeof(DeviceAnswer))]
[JsonSerializable(typeof(DeviceRosterState))]
[JsonSerializable(typeof(DeviceBeat))]
[JsonSerializable(typeof(DeviceValues))]
[JsonSerializable(typeof(DeviceChange))]
[JsonSerializable(typeof(OwnerBeat))]
[JsonSerializable(typeof(DeviceProgressed))]
[JsonSerializable(typeof(DevicePreview))]
[JsonSerializable(typeof(CallRequest))]
[JsonSerializable(typeof(CallDone))]
[JsonSerializable(typeof(RosterEdit))]
[JsonSerializable(typeof(RosterEdited))]
[JsonSerializable(typeof(RosterProgress))]
[JsonSerializable(typeof(ConfigurationCommand))]
[JsonSerializable(typeof(ConfigurationAnswer))]
[JsonSerializable(typeof(AsynchronousIndex))]
internal sealed partial class DeviceTopicJson : JsonSerializerContext;
