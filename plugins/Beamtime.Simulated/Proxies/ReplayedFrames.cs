using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated.Proxies;

/// <summary>Frames of an HDF5 file, one after the other and again from the first; each scan begins with the first.</summary>
internal sealed class ReplayedFrames : IProxyFrames
{
    private readonly SimulatedCamera _camera;
    private readonly Signal _source;
    private readonly Signal _entry;
    private readonly Lock _gate = new();
    private string _path;
    private string _dataset;
    private H5File? _file;
    private H5Dataset? _frames;
    private long _next;

    /// <summary>The file of a configuration.</summary>
    /// <param name="settings">What the proxy is to know.</param>
    /// <param name="camera">The camera.</param>
    public ReplayedFrames(DeviceConfiguration settings, SimulatedCamera camera)
    {
        _camera = camera;
        _path = settings.Text("file_source", "", "the HDF5 file");
        _dataset = settings.Text("h5_entry", "/entry/data/data", "the frames in it: a data set of three axes, the first one frames");
        _source = Setting(settings.Name.Replace('.', '_'), "file_source", "The HDF5 file.");
        _entry = Setting(settings.Name.Replace('.', '_'), "h5_entry", "The data set of frames in it.");
        Settings = [_source, _entry];
    }

    /// <inheritdoc/>
    public string Description => "frames of a file";

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Settings { get; }

    /// <inheritdoc/>
    public void Open()
    {
        lock (_gate)
        {
            OpenNow();
        }
    }

    /// <inheritdoc/>
    public void Begin()
    {
        lock (_gate)
        {
            _next = 0;
        }
    }

    /// <inheritdoc/>
    public void Read(Span<Reading> row, DateTimeOffset at)
    {
        lock (_gate)
        {
            row[0] = new Reading(Value.Of(_path), at);
            row[1] = new Reading(Value.Of(_dataset), at);
        }
    }

    // Another file or data set is opened at once; where it cannot be, the old one stays.
    /// <inheritdoc/>
    public void Set(Signal signal, Value value)
    {
        lock (_gate)
        {
            var before = (_path, _dataset);
            (_path, _dataset) = ReferenceEquals(signal, _source) ? (value.AsText(), _dataset) : (_path, value.AsText());
            try
            {
                OpenNow();
            }
            catch (Sdk.Errors.FaultException)
            {
                (_path, _dataset) = before;
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Draw(ushort[] frame)
    {
        lock (_gate)
        {
            var frames = _frames ?? throw SimulatedErrors.ReplayUnfit.Fault("No file is open to replay.");
            try
            {
                frames.ReadSlice(
                    [_next++ % frames.RowCount, 0, 0], [1, _camera.Rows, _camera.Columns], frame.AsSpan());
            }
            catch (Hdf5Exception e)
            {
                throw SimulatedErrors.ReplayUnfit.Fault($"{_path} cannot be read: {e.Message}", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            Close();
        }
    }

    private void OpenNow()
    {
        H5File? file = null;
        try
        {
            file = H5File.Open(_path);
            var frames = file.OpenDataset(_dataset);
            if (frames.Shape is not [> 0, var rows, var columns] || rows != _camera.Rows || columns != _camera.Columns)
            {
                throw SimulatedErrors.ReplayUnfit.Fault(
                    $"{_path}{_dataset} has the shape {string.Join(" x ", frames.Shape)}, needed are frames of {_camera.Rows} x {_camera.Columns}.");
            }

            Close();
            (_file, _frames, _next) = (file, frames, 0);
            file = null;
        }
        catch (Exception e) when (e is Hdf5Exception or IOException or ArgumentException)
        {
            throw SimulatedErrors.ReplayUnfit.Fault($"{_path}{_dataset} cannot be opened: {e.Message}", e);
        }
        finally
        {
            file?.Dispose();
        }
    }

    private void Close()
    {
        _frames?.Dispose();
        _file?.Dispose();
        (_file, _frames) = (null, null);
    }

    private static Signal Setting(string name, string suffix, string description) => new()
    {
        Name = $"{name}_{suffix}", Kind = SignalKind.Config, Type = SignalType.Text, IsSettable = true, Description = description,
    };
}
