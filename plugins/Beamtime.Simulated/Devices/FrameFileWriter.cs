using System.Runtime.InteropServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A camera's own file: frames and their times, one chunk a frame, readable by others (SWMR) from its first moment and
/// flushed with each frame. Closing it is possible after every failure.
/// </summary>
internal sealed class FrameFileWriter : IDisposable
{
    /// <summary>Path of the frames in the file.</summary>
    public const string DataPath = "/entry/data/data";

    /// <summary>Path of the frames' times in the file, seconds since 1970.</summary>
    public const string TimePath = "/entry/data/timestamp";

    /// <summary>The true attenuation of the middle row's slice, 1/mm: what a reconstruction is compared with.</summary>
    public const string PhantomPath = "/entry/phantom/middle_slice";

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly H5File _file;
    private readonly H5Dataset _frames;
    private readonly H5Dataset _times;
    private readonly H5Compression _compression;
    private readonly byte[] _compressed;
    private bool _isClosed;

    private FrameFileWriter(string path, H5File file, IFrameSource source, double exposureSeconds, H5Compression compression)
    {
        var (rows, columns, pixelSizeMm) = (source.Rows, source.Columns, source.PixelSizeMm);
        var frameBytes = checked(rows * columns * sizeof(ushort));
        _compression = compression;
        _compressed = compression == H5Compression.None ? [] : new byte[compression.LongestOf(frameBytes)];
        _path = path;
        _file = file;
        using (var entry = file.CreateGroup("/entry"))
        {
            entry.Attributes.Write("NX_class", "NXentry");
            entry.Attributes.Write("default", "data");
        }

        using (var data = file.CreateGroup("/entry/data"))
        {
            data.Attributes.Write("NX_class", "NXdata");
            data.Attributes.Write("signal", "data");
        }

        _frames = file.CreateExtendable(
            DataPath,
            [rows, columns],
            new H5DatasetOptions<ushort>
            {
                Chunk = [1, rows, columns], Filters = compression.FiltersOf(sizeof(ushort), frameBytes),
            });
        _frames.Attributes.Write("units", "counts");
        _frames.Attributes.Write("exposure_seconds", exposureSeconds);
        _frames.Attributes.Write("pixel_size_mm", pixelSizeMm);
        _times = file.CreateExtendable(TimePath, [], new H5DatasetOptions<double> { Chunk = [1024] });
        _times.Attributes.Write("units", "s");
        _times.Attributes.Write("description", "Start of the exposure, seconds since 1970-01-01 UTC.");
        if (source.Slice(rows / 2) is { } slice)
        {
            using var truth = file.CreateArray<float>(PhantomPath, slice, [columns, columns]);
            truth.Attributes.Write("units", "1/mm");
            truth.Attributes.Write("row", rows / 2);
        }

        file.StartSwmrWrite();
    }

    /// <summary>Creates the file of a scan.</summary>
    /// <param name="camera">The camera's name.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="source">The frames to come.</param>
    /// <param name="compression">How each frame is compressed.</param>
    /// <param name="file">What the master file links to.</param>
    /// <exception cref="FaultException">No space, no rights, or the file exists.</exception>
    public static FrameFileWriter Create(
        string camera, ScanSetup scan, IFrameSource source, H5Compression compression, out FrameFile file)
    {
        var name = $"{scan.FilePrefix}_{camera}.h5";
        var path = Path.Combine(scan.Folder, name);
        file = new FrameFile(name, DataPath, $"{camera}_frame", [source.Rows, source.Columns], "uint16")
        {
            Entries = new Dictionary<string, string> { ["timestamp"] = TimePath, ["phantom"] = PhantomPath },
        };
        H5File? created = null;
        try
        {
            RequireSpace(scan, (long)source.Rows * source.Columns * sizeof(ushort), path);
            created = H5File.Create(path, H5FileOptions.Swmr);
            return new FrameFileWriter(path, created, source, scan.ExposureSeconds, compression);
        }
        catch (Exception e) when (e is Hdf5Exception or IOException or UnauthorizedAccessException)
        {
            created?.Dispose();
            throw SimulatedErrors.FrameFileNotWritten.Fault($"{camera} cannot create {path}: {e.Message}", e);
        }
    }

    /// <summary>Adds a frame and flushes it.</summary>
    /// <param name="frame">Rows × columns counts, row by row.</param>
    /// <param name="at">Start of its exposure.</param>
    /// <returns>Its index in the file.</returns>
    /// <exception cref="FaultException">Closed, or not written.</exception>
    public long Append(ReadOnlySpan<ushort> frame, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw SimulatedErrors.NotStaged.Fault($"{_path} is closed; its scan has ended.");
            }

            try
            {
                var index = _frames.RowCount;
                while (_times.RowCount < index)
                {
                    // A frame whose write failed keeps its place: a SWMR file does not shrink.
                    _times.Append<double>([double.NaN]);
                }

                _frames.AppendChunk(Packed(MemoryMarshal.AsBytes(frame)));
                _times.Append<double>([(at - DateTimeOffset.UnixEpoch).TotalSeconds]);
                _file.Flush();
                return index;
            }
            catch (Exception e) when (e is Hdf5Exception or IOException)
            {
                throw SimulatedErrors.FrameFileNotWritten.Fault($"{_path} cannot be written: {e.Message}", e);
            }
        }
    }

    /// <summary>Closes the file and syncs it to the disk; a second call does nothing.</summary>
    /// <exception cref="FaultException">What was left to write could not be written; the file is closed even so.</exception>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            try
            {
                _file.Close();
                using var handle = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
            catch (Exception e) when (e is Hdf5Exception or IOException or UnauthorizedAccessException)
            {
                throw SimulatedErrors.FrameFileNotWritten.Fault($"{_path} cannot be completed: {e.Message}", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    // Compressed here and not by libhdf5, which would do it under its lock and on one thread.
    private ReadOnlySpan<byte> Packed(ReadOnlySpan<byte> frame) => _compression == H5Compression.None
        ? frame
        : _compressed.AsSpan(0, _compression.Compress(frame, sizeof(ushort), _compressed, Environment.ProcessorCount));

    private static void RequireSpace(ScanSetup scan, long frameBytes, string path)
    {
        var needed = scan.Points * (long)scan.FramesPerTrigger * frameBytes;
        var free = new DriveInfo(scan.Folder).AvailableFreeSpace;
        if (needed > free)
        {
            throw new IOException($"{path} will need {needed} bytes, and {free} are free");
        }
    }
}
