using System.Numerics;
using System.Text.Json;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;

namespace Beamtime.Control.Recording;

/// <summary>
/// The file of a running scan, which others read while it grows. Every object is made first; then rows are put into
/// memory and appended by blocks. One loop writes it.
/// </summary>
internal sealed class LiveFile : IDisposable
{
    /// <summary>Bytes of the text that says how the scan ended.</summary>
    public const int EndBytes = 8192;

    /// <summary>Bytes of a change of a state of the beamline.</summary>
    public const int StateBytes = 512;

    private const int LargestBlockBytes = 16 << 20;
    private const int LongestBlock = 4096;

    private readonly DeviceColumns[] _devices;
    private readonly SignalColumn[] _columns;
    private readonly int _capacity;
    private readonly long[] _ids;
    private readonly double[] _timestamps;
    private readonly byte[] _present;
    private readonly H5Dataset _idSet;
    private readonly H5Dataset _timestampSet;
    private readonly H5Dataset? _presentSet;
    private readonly H5Dataset _endText;
    private readonly H5Dataset _endState;
    private readonly H5Dataset _states;
    private readonly string _folder;
    private readonly int _rowBytes;
    private readonly long _reserve;
    private int _buffered;

    private LiveFile(H5File file, string path, ScanOpened scan, byte[] description, long reserve)
    {
        File = file;
        Path = path;
        _folder = System.IO.Path.GetDirectoryName(path)!;
        _reserve = reserve;
        _devices = [.. scan.Columns];
        var signals = _devices.SelectMany(d => d.Signals).ToArray();
        _rowBytes = signals.Sum(SignalColumn.RowBytes) + (2 * sizeof(double)) + _devices.Length;
        var planned = scan.PlannedPoints > 0 ? scan.PlannedPoints : LongestBlock;
        _capacity = Math.Clamp(Math.Min(LargestBlockBytes / _rowBytes, planned), 1, LongestBlock);
        var chunk = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(
            scan.PlannedPoints > 0 ? scan.PlannedPoints : 1024, 64, 8192));

        var devices = file.CreateGroup(LiveLayout.Devices);
        _columns = new SignalColumn[signals.Length];
        foreach (var device in _devices)
        {
            for (var i = 0; i < device.Signals.Count; i++)
            {
                using var group = devices.CreateGroup($"{device.Device}/{device.Signals[i].Name}");
                var column = SignalColumn.For(device.Signals[i], _capacity);
                column.Create(group, chunk);
                _columns[device.Offset + i] = column;
            }
        }

        _ids = new long[_capacity];
        _timestamps = new double[_capacity];
        _present = new byte[_capacity * _devices.Length];
        _idSet = file.CreateExtendable(LiveLayout.Ids, [], new H5DatasetOptions<long> { Chunk = [chunk] });
        _timestampSet = file.CreateExtendable(LiveLayout.Timestamps, [], new H5DatasetOptions<double> { Chunk = [chunk] });
        if (_devices.Length > 0)
        {
            _presentSet = file.CreateExtendable(
                LiveLayout.Present, [_devices.Length], new H5DatasetOptions<byte> { Chunk = [chunk, _devices.Length] });
            _presentSet.Attributes.Write("devices", [.. _devices.Select(d => d.Device)]);
        }

        foreach (var (device, frames) in scan.Frames)
        {
            file.LinkExternal($"{LiveLayout.FileReferences}/{device}/data", frames.FileName, frames.Dataset);
        }

        foreach (var (device, asynchronous) in scan.Asynchronous ?? new Dictionary<string, AsynchronousFile>())
        {
            foreach (var signal in asynchronous.Signals)
            {
                file.LinkExternal(
                    $"{LiveLayout.Devices}/{device}/{signal.Name}", asynchronous.FileName, AsynchronousLayout.Group(signal.Name));
            }
        }

        LiveLayout.WriteText(file, LiveLayout.Scan, description);
        _endText = file.CreateExtendableTexts(LiveLayout.EndText, EndBytes, 1);
        _endState = file.CreateScalar(LiveLayout.End, LiveLayout.Running);
        _states = file.CreateExtendableTexts(LiveLayout.States, StateBytes, 16);
        file.StartSwmrWrite();
        file.Flush();
    }

    /// <summary>The open file.</summary>
    public H5File File { get; }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Rows put so far, appended or not.</summary>
    public long Rows { get; private set; }

    /// <summary>True when something was put or appended since the last flush.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Values so far that did not fit their signals.</summary>
    public long Unfit => _columns.Sum(c => c.Unfit);

    /// <summary>Makes the file of a scan with everything in it, ready for rows and readers.</summary>
    /// <param name="path">Where; must not exist.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="reserve">Bytes that stay free on the disk.</param>
    /// <exception cref="IOException">The folder cannot be written, or the disk is full.</exception>
    public static LiveFile Create(string path, ScanOpened scan, long reserve = 0)
    {
        DiskSpace.Demand(System.IO.Path.GetDirectoryName(path)!, 0, reserve);
        var description = JsonSerializer.SerializeToUtf8Bytes(scan, RecordingJson.Default.ScanOpened);
        // Under another name until readers can open it: they are shut out while the library makes it.
        var making = path + RecordingFolder.Unborn;
        System.IO.File.Delete(making);
        var file = H5File.Create(making, H5FileOptions.Swmr);
        try
        {
            var live = new LiveFile(file, path, scan, description, reserve);
            System.IO.File.Move(making, path);
            return live;
        }
        catch
        {
            DiskSpace.Abandon(file);
            throw;
        }
    }

    /// <summary>Puts a point; appends when the memory for a block is full.</summary>
    /// <param name="point">The point.</param>
    public void Put(Point point)
    {
        var row = _buffered;
        var readings = point.Row;
        for (var d = 0; d < _devices.Length; d++)
        {
            var device = _devices[d];
            var isPresent = true;
            for (var i = device.Offset; i < device.Offset + device.Signals.Count; i++)
            {
                isPresent &= _columns[i].Put(row, readings[i]);
            }

            _present[(row * _devices.Length) + d] = isPresent ? (byte)1 : (byte)0;
        }

        Finish(point.Id, SignalColumn.Seconds(point.At));
    }

    /// <summary>Puts a change of a state of the beamline.</summary>
    /// <param name="change">The change; its texts are cut where they are too long.</param>
    public void PutState(BeamlineStateChange change)
    {
        var text = new byte[StateBytes];
        var json = JsonSerializer.SerializeToUtf8Bytes(change, RecordingJson.Default.BeamlineStateChange);
        if (json.Length > StateBytes)
        {
            json = JsonSerializer.SerializeToUtf8Bytes(
                change with { Label = Cut(change.Label), Name = Cut(change.Name), Status = Cut(change.Status) },
                RecordingJson.Default.BeamlineStateChange);
        }

        json.AsSpan(0, Math.Min(json.Length, StateBytes)).CopyTo(text);
        _states.AppendTextRows(text);
        IsDirty = true;

        // Six bytes a character at worst, for three texts.
        static string Cut(string text) => text.Length > 20 ? text[..20] : text;
    }

    /// <summary>Puts a point of which nothing came.</summary>
    /// <param name="id">The point's id.</param>
    public void PutGap(long id)
    {
        foreach (var column in _columns)
        {
            column.PutMissing(_buffered);
        }

        _present.AsSpan(_buffered * _devices.Length, _devices.Length).Clear();
        Finish(id, double.NaN);
    }

    /// <summary>Appends what was put, a block a column.</summary>
    public void Append()
    {
        var rows = _buffered;
        if (rows == 0)
        {
            return;
        }

        DiskSpace.Demand(_folder, 2L * rows * _rowBytes, _reserve);
        _buffered = 0;
        foreach (var column in _columns)
        {
            column.Append(rows);
        }

        _presentSet?.Append<byte>(_present.AsSpan(0, rows * _devices.Length));
        _timestampSet.Append<double>(_timestamps.AsSpan(0, rows));
        // Last: after a crash between two blocks the ids say how many rows are whole.
        _idSet.Append<long>(_ids.AsSpan(0, rows));
    }

    /// <summary>Appends and gives everything to readers and to the operating system.</summary>
    public void Flush()
    {
        Append();
        if (IsDirty)
        {
            File.Flush();
            IsDirty = false;
        }
    }

    /// <summary>Says in the file how the scan ended, so that a finished scan is told from an interrupted one.</summary>
    /// <param name="end">How it ended.</param>
    public void WriteEnd(RecordingEnd end)
    {
        Append();
        var text = new byte[EndBytes];
        var json = JsonSerializer.SerializeToUtf8Bytes(end, RecordingJson.Default.RecordingEnd);
        for (var reasons = end.Reasons.Count; json.Length > EndBytes && reasons > 0; reasons--)
        {
            json = JsonSerializer.SerializeToUtf8Bytes(
                end with { Reasons = [.. end.Reasons.Take(reasons - 1)] }, RecordingJson.Default.RecordingEnd);
        }

        json.CopyTo(text, 0);
        _endText.AppendTextRows(text);
        _endState.Write<int>([LiveLayout.StateOf(end.End)]);
        IsDirty = true;
        Flush();
    }

    /// <summary>Gives the file up after a fault: it is neither written nor closed any more.</summary>
    public void Abandon() => DiskSpace.Abandon(File);

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private void Finish(long id, double at)
    {
        _ids[_buffered] = id;
        _timestamps[_buffered] = at;
        _buffered++;
        Rows++;
        IsDirty = true;
        if (_buffered == _capacity)
        {
            Append();
        }
    }
}
