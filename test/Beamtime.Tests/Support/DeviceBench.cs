using System.Text.Json;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;

namespace Beamtime.Tests.Support;

/// <summary>Makes simulated devices from their configuration, as the program does, on a fake clock.</summary>
internal sealed class DeviceBench
{
    private readonly Dictionary<string, IDevice> _devices = [];
    private readonly PluginRegistry _registry = new();

    public DeviceBench() => new SimulatedPlugin().Register(_registry);

    public FakeClock Clock { get; } = new();

    /// <summary>Makes a device; JSON is close enough to YAML to write a deviceConfig in a line.</summary>
    public IDevice Add(string name, string deviceClass, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json = "{}")
    {
        var configuration = Configure(name, json);
        var device = _registry.Devices[deviceClass](configuration);
        Assert.Empty(configuration.Unused);
        _devices.Add(name, device);
        return device;
    }

    public IDevice Device(string name) => _devices[name];

    public DeviceConfiguration Configure(string name, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json)
    {
        using var document = JsonDocument.Parse(json);
        var entries = (IReadOnlyDictionary<string, object?>)Convert(document.RootElement)!;
        return new DeviceConfiguration(name, entries, Clock, seed: 7, other => _devices.GetValueOrDefault(other));
    }

    private static object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().ToDictionary(p => p.Name, p => Convert(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Null => null,
        _ => element.GetRawText(),
    };
}

/// <summary>What tests ask of a device.</summary>
internal static class DeviceSteps
{
    extension(IDevice device)
    {
        /// <summary>Finds a signal by its name.</summary>
        public Signal Signal(string name) => device.Signals.Single(signal => signal.Name == name);

        /// <summary>Reads all signals of a sort and gives one.</summary>
        public Value Read(string name)
        {
            var signal = device.Signal(name);
            var isConfiguration = signal.Kind == SignalKind.Config;
            var sort = device.Signals
                .Where(other => isConfiguration ? other.Kind == SignalKind.Config : other.IsRead).ToList();
            var row = new Reading[sort.Count];
            var reading = device.ReadAsync(isConfiguration, row, TestContext.Current.CancellationToken);
            Assert.True(reading.IsCompletedSuccessfully);
            return row[sort.IndexOf(signal)].Value;
        }

        /// <summary>Starts to set a signal.</summary>
        public Task Set(string name, double value) =>
            ((ISettable)device).SetAsync(device.Signal(name), Value.Of(value), TestContext.Current.CancellationToken).AsTask();
    }

    /// <summary>Waits for a task that needs no more clock, with a generous deadline.</summary>
    public static Task Soon(this Task task) =>
        task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    /// <summary>Waits for a task that needs no more clock, with a generous deadline.</summary>
    public static Task<T> Soon<T>(this Task<T> task) =>
        task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
}
