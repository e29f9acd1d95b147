using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated.Proxies;

/// <summary>
/// A device that stands between a simulated camera and what it would show, and shows something else while it is active. Its
/// <c>deviceConfig</c> is a map from the camera's name to what the proxy is to know; the camera stands in its <c>needs</c>.
/// </summary>
internal sealed class CameraProxy : IDevice, ISettable, IStaged
{
    private readonly TimeProvider _time;
    private readonly SimulatedCamera _camera;
    private readonly IProxyFrames _frames;
    private readonly Signal _active;
    private volatile bool _isActive;

    private CameraProxy(DeviceConfiguration configuration, Func<DeviceConfiguration, SimulatedCamera, IProxyFrames> create)
    {
        _time = configuration.Time;
        if (configuration.Entries.Keys.ToList() is not [var name])
        {
            throw new FormatException($"{configuration.Name}: deviceConfig has one key, the name of a camera.");
        }

        _camera = configuration.Device<SimulatedCamera>(name, name, "the camera that shows something else")!;
        var settings = configuration.Map(name, "what the proxy is to know");
        var signal = settings.Text("signal_name", "image", "the camera's signal that is replaced: image");
        if (signal != "image" && signal != $"{name}_image")
        {
            throw new FormatException($"{configuration.Name}: signal_name is image, not '{signal}'.");
        }

        _frames = create(settings, _camera);
        _isActive = settings.Flag("active", true, "whether it is active when it connects");
        _active = new Signal
        {
            Name = configuration.Name, Kind = SignalKind.Hinted, Type = SignalType.Boolean, IsSettable = true,
            Description = $"Whether {name} shows {_frames.Description}.",
        };
        Signals = [_active, .. _frames.Settings];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>Slits in front of the camera.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static CameraProxy Slits(DeviceConfiguration configuration) =>
        new(configuration, (settings, camera) => new SlitFrames(settings, camera));

    /// <summary>Frames of a file in the camera's place.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static CameraProxy Replay(DeviceConfiguration configuration) =>
        new(configuration, (settings, camera) => new ReplayedFrames(settings, camera));

    /// <summary>A picture that two motors carry past the camera.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static CameraProxy Stage(DeviceConfiguration configuration) =>
        new(configuration, (settings, camera) => new StageFrames(settings, camera));

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel)
    {
        _frames.Open();
        Apply();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (configuration)
        {
            _frames.Read(row.Span, _time.GetUtcNow());
        }
        else
        {
            row.Span[0] = new Reading(Value.Of(_isActive), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _active))
        {
            _isActive = value.AsBoolean();
            Apply();
        }
        else
        {
            _frames.Set(signal, value);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        _frames.Begin();
        return ValueTask.FromResult<IReadOnlyList<FrameFile>>([]);
    }

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _camera.ShowInstead(null);
        _frames.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Apply() => _camera.ShowInstead(_isActive ? _frames : null);
}
