using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>
/// The recording of one scan from its opening until it is registered. Faults are answers here: the first one ends
/// writing, and what comes after it is counted.
/// </summary>
internal sealed class OpenRecording
{
    // A wider hole than this is no gap but a mistake.
    private const int WidestGap = 1_000_000;

    private LiveFile? _live;
    private RecordingEnd? _end;
    private int _segment;
    private bool _isAbandoned;
    private long _next;

    /// <summary>Opens the recording; <see cref="Fault"/> says when its file could not be made.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="reserve">Bytes that stay free on the disk.</param>
    public OpenRecording(ScanOpened scan, long reserve)
    {
        Scan = scan;
        Folder = new RecordingFolder(scan.Folder, scan.FilePrefix, scan.FileSuffix);
        Fault = Try(() =>
        {
            // A scan that goes on after its writer died gets a further segment.
            _segment = Folder.NextSegment();
            _live = LiveFile.Create(Folder.Live(_segment), scan, reserve);
            _next = _segment == 1 ? 0 : scan.FirstPoint > 0 ? scan.FirstPoint : -1;
        });
    }

    /// <summary>The scan.</summary>
    public ScanOpened Scan { get; }

    /// <summary>Where its files lie.</summary>
    public RecordingFolder Folder { get; }

    /// <summary>The first point that was not put.</summary>
    public long Next => Math.Max(_next, 0);

    /// <summary>Why writing ended before the scan did; null while it goes well.</summary>
    public Reason? Fault { get; private set; }

    /// <summary>Keeps a point; one that is kept already is dropped, and missing ones become gaps.</summary>
    /// <param name="point">The point.</param>
    /// <returns>The fault that ends writing, once.</returns>
    public Reason? Put(Point point)
    {
        if (_live is null || point.Id < _next)
        {
            return null;
        }

        try
        {
            if (point.Id > _next && _next >= 0)
            {
                FillUntil(point.Id);
            }

            _live.Put(point);
            _next = point.Id + 1;
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Break(error);
        }
    }

    /// <summary>Keeps a change of a state of the beamline.</summary>
    /// <param name="change">The change.</param>
    /// <returns>The fault that ends writing, once.</returns>
    public Reason? PutState(BeamlineStateChange change) => _live is not { } live ? null : Try(() => live.PutState(change));

    /// <summary>Gives what came to readers.</summary>
    /// <returns>The fault that ends writing, once.</returns>
    public Reason? Flush() => _live is not { IsDirty: true } live ? null : Try(live.Flush);

    /// <summary>Ends the recording; nothing is put any more.</summary>
    /// <param name="closed">How the scan ended.</param>
    /// <returns>The fault that happened in doing so.</returns>
    public Reason? End(ScanClosed closed)
    {
        var reasons = closed.Reasons.ToList();
        if (Fault is { } fault)
        {
            reasons.Add(fault);
        }

        if (_live is { Unfit: > 0 and var unfit })
        {
            reasons.Add(RecordingErrors.ValueUnfit.Because($"{unfit} values did not fit what their signals state"));
        }

        _end = new RecordingEnd(
            Fault is null ? closed.End : ScanEnd.Aborted, Math.Max(closed.Points, _next), closed.At, reasons);
        if (_live is not { } live)
        {
            return null;
        }

        var failure = Try(() =>
        {
            if (_next >= 0 && closed.Points > _next)
            {
                FillUntil(closed.Points);
            }

            live.WriteEnd(_end);
        });
        if (failure is not null)
        {
            _end = _end with { End = ScanEnd.Aborted, Reasons = [.. reasons, failure] };
        }

        return failure;
    }

    /// <summary>Everything for the final file; read anew from the disk where it was asked for before, or after a fault.</summary>
    public RecordingSource TakeSource()
    {
        if (Interlocked.Exchange(ref _live, null) is { } live)
        {
            if (_segment == 1)
            {
                return RecordingSource.Of(Folder, Scan, _end!, live);
            }

            live.Dispose();
        }

        if (_isAbandoned && File.Exists(Folder.Live(_segment)))
        {
            DiskSpace.Detach(Folder.Live(_segment));
        }

        _isAbandoned = false;
        return RecordingSource.Open(Folder, Scan, _end);
    }

    /// <summary>Closes the flushed live file as it is, for recovery.</summary>
    public void Leave()
    {
        _live?.Dispose();
        _live = null;
    }

    private void FillUntil(long id)
    {
        var first = Math.Max(_next, 0);
        if (id - first > WidestGap)
        {
            throw new Hdf5Exception($"Points {first} to {id - 1} are missing; that is too wide a gap to fill.");
        }

        for (; first < id; first++)
        {
            _live!.PutGap(first);
        }

        _next = id;
    }

    private Reason? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Break(error);
        }
    }

    private Reason Break(Exception error)
    {
        Fault = RecordingErrors.Explain(error, RecordingErrors.LiveFailed, $"{Folder.Prefix} in {Folder.Folder}");
        _live?.Abandon();
        _live = null;
        _isAbandoned = true;
        return Fault;
    }
}
