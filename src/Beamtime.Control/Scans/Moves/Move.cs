using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Moves;

/// <summary>Where a move stands.</summary>
internal enum MoveState
{
    /// <summary>At least one axis is on its way.</summary>
    Moving,

    /// <summary>Every axis is there.</summary>
    Done,

    /// <summary>An axis did not get there.</summary>
    Failed,

    /// <summary>Somebody stopped it.</summary>
    Stopped,

    /// <summary>The program ended while it lasted.</summary>
    Interrupted,
}

/// <summary>The allowed moves between states.</summary>
internal static class MoveStates
{
    extension(MoveState from)
    {
        /// <summary>True when nothing moves any more.</summary>
        public bool IsOver => from != MoveState.Moving;

        /// <summary>Whether a move may come to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(MoveState to) => from == MoveState.Moving && to != MoveState.Moving;
    }
}

/// <summary>One positioner of a move.</summary>
/// <param name="device">The positioner.</param>
/// <param name="start">Where it was.</param>
/// <param name="target">Where it goes.</param>
internal sealed class MoveAxis(KnownDevice device, double start, double target)
{
    /// <summary>The positioner.</summary>
    public KnownDevice Device => device;

    /// <summary>Where it was, in its unit.</summary>
    public double Start => start;

    /// <summary>Where it goes, in its unit.</summary>
    public double Target => target;

    /// <summary>True when it has ended, there or not.</summary>
    public bool IsOver { get; set; }

    /// <summary>Why it is not there; null while nothing is wrong.</summary>
    public Reason? Reason { get; set; }
}

/// <summary>A move.</summary>
/// <param name="id">Its id.</param>
/// <param name="who">Who asked for it.</param>
/// <param name="startedAt">When it began, UTC.</param>
/// <param name="axes">Its axes.</param>
internal sealed class Move(Guid id, Guid who, DateTimeOffset startedAt, IReadOnlyList<MoveAxis> axes)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _endedAt;
    private MoveState _state;
    private bool _isStopping;

    /// <summary>Its id.</summary>
    public Guid Id => id;

    /// <summary>Id of the person who asked for it.</summary>
    public Guid Who => who;

    /// <summary>Its axes.</summary>
    public IReadOnlyList<MoveAxis> Axes => axes;

    /// <summary>Where it stands.</summary>
    public MoveState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>What fails from now on was asked to.</summary>
    public void BeginStop()
    {
        lock (_gate)
        {
            _isStopping = true;
        }
    }

    /// <summary>Notes that an axis has ended.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="reason">Why it is not there; null when it is.</param>
    /// <param name="at">When, UTC.</param>
    /// <returns>True when it was the last one.</returns>
    public bool End(MoveAxis axis, Reason? reason, DateTimeOffset at)
    {
        lock (_gate)
        {
            (axis.IsOver, axis.Reason) = (true, reason);
            if (!axes.All(a => a.IsOver))
            {
                return false;
            }

            var to = axes.All(a => a.Reason is null) ? MoveState.Done : _isStopping ? MoveState.Stopped : MoveState.Failed;
            if (_state.CanBecome(to))
            {
                (_state, _endedAt) = (to, at);
            }

            return true;
        }
    }

    /// <summary>What is recorded before it moves.</summary>
    /// <param name="beamline">The beamline.</param>
    public MoveBegan Began(string beamline) => new(
        beamline, startedAt, [.. axes.Select(a => new MoveWay(a.Device.Name, a.Start, a.Target, a.Device.Hinted?.Unit))]);

    /// <summary>What is recorded once it is over.</summary>
    /// <param name="isRead">Whether its axes were read since.</param>
    public MoveOver Over(bool isRead)
    {
        lock (_gate)
        {
            return new MoveOver(
                _state,
                _endedAt ?? throw new InvalidOperationException($"Move {id} is not over."),
                [.. axes.Select(a => new MovePlace(a.Device.Name, isRead ? PositionOf(a.Device) : null, a.Reason))]);
        }
    }

    /// <summary>The move as REST tells it.</summary>
    public MoveAnswer Told()
    {
        lock (_gate)
        {
            return new MoveAnswer(
                id,
                who,
                _state,
                startedAt,
                _endedAt,
                [.. axes.Select(a => new MoveAxisAnswer(
                    a.Device.Name, a.Start, a.Target, PositionOf(a.Device), a.Device.Hinted?.Unit, a.IsOver, a.Reason))]);
        }
    }

    private static double? PositionOf(KnownDevice device) =>
        device.Last is { Length: > 0 } last && !last.Span[device.HintedIndex].Value.IsMissing
            ? last.Span[device.HintedIndex].Value.AsDouble()
            : null;
}
