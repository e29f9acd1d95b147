using System.Diagnostics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>When and how a device fails. A device that has lost its connection fails at everything until its mode is set.</summary>
internal sealed class FaultPlan
{
    /// <summary>Ways to fail. A deaf device hangs and does not heed that it is told to give up.</summary>
    public static readonly string[] Modes =
        ["none", "raise", "hang", "deaf", "disconnect", "late", "nan", "infinity", "missing", "type", "shape"];

    /// <summary>Operations at which to fail.</summary>
    public static readonly string[] Operations =
        ["connect", "configuration", "read", "set", "stage", "prescan", "trigger", "kickoff", "fly", "complete", "unstage", "stop"];

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly int _good;
    private readonly int _failures;
    private readonly bool _hasArray;
    private readonly TimeSpan _lateness;
    private volatile string _mode;
    private volatile string _operation;
    private volatile bool _isDisconnected;
    private int _calls;
    private int _waiting;

    /// <summary>The plan of a configuration.</summary>
    /// <param name="configuration">The device's <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">An unknown mode or operation.</exception>
    public FaultPlan(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _hasArray = configuration.Integer("array", 0, "numbers of an array that it has beside its value; 0 for none") > 0;
        _mode = configuration.Text("mode", "raise", "how it fails");
        _operation = configuration.Text("at", "read", "the operation at which it fails");
        _good = configuration.Integer("after", 0, "calls of the operation that go well before the first failure", low: 0);
        _failures = configuration.Integer("times", 0, "how many calls fail; 0 for all", low: 0);
        _lateness = TimeSpan.FromSeconds(
            configuration.Number("late_seconds", 1, "how late the late mode is, s", low: 0, high: 86400));
        if ((MistakeIn(_mode, Modes) ?? MistakeIn(_operation, Operations)) is { } mistake)
        {
            throw new FormatException($"{_name}: deviceConfig.{mistake}");
        }
    }

    /// <summary>How it fails. Another one counts its calls anew, and connects again.</summary>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">No mode.</exception>
    public string Mode
    {
        get => _mode;
        set
        {
            _mode = Checked(value, Modes);
            _isDisconnected = false;
            Volatile.Write(ref _calls, 0);
        }
    }

    /// <summary>Where it fails. Another one counts its calls anew.</summary>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">No operation.</exception>
    public string Operation
    {
        get => _operation;
        set
        {
            _operation = Checked(value, Operations);
            Volatile.Write(ref _calls, 0);
        }
    }

    /// <summary>Calls that hang or are late at this moment.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>True when only the array is wrong.</summary>
    public bool IsShapeWrong => _mode == "shape";

    /// <summary>An operation begins: fails, waits, or tells which value to give instead of the right one.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancel">Ends what hangs or is late.</param>
    /// <returns>Null for the right value.</returns>
    public async ValueTask<Value?> MeetAsync(string operation, CancellationToken cancel)
    {
        if (_isDisconnected)
        {
            throw Disconnected(operation);
        }

        if (operation != _operation || _mode == "none")
        {
            return null;
        }

        var call = Interlocked.Increment(ref _calls) - _good;
        if (call <= 0 || (_failures > 0 && call > _failures))
        {
            return null;
        }

        switch (_mode)
        {
            case "raise":
                throw SimulatedErrors.Faulty.Fault($"{_name} fails at {operation}, as configured.");
            case "disconnect":
                _isDisconnected = true;
                throw Disconnected(operation);
            case "hang":
                await WaitAsync(Timeout.InfiniteTimeSpan, cancel);
                throw new UnreachableException();
            case "deaf":
                await WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
                throw new UnreachableException();
            case "late":
                await WaitAsync(_lateness, cancel);
                return null;
            case "nan":
                return Value.Of(double.NaN);
            case "infinity":
                return Value.Of(double.PositiveInfinity);
            case "missing":
                return Value.Missing;
            case "type":
                return Value.Of("no number");
            default:
                return Value.Of(0.0);
        }
    }

    private async Task WaitAsync(TimeSpan time, CancellationToken cancel)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await Task.Delay(time, _time, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private Sdk.Errors.FaultException Disconnected(string operation) =>
        SimulatedErrors.Disconnected.Fault($"{_name} is not connected, at {operation}.");

    private string Checked(string value, string[] allowed) =>
        MistakeIn(value, allowed) is { } mistake ? throw SimulatedErrors.NotSettable.Fault($"{_name}: {mistake}") : value;

    private string? MistakeIn(string value, string[] allowed)
    {
        var key = ReferenceEquals(allowed, Modes) ? "mode" : "at";
        return !allowed.Contains(value)
            ? $"{key} is one of {string.Join(", ", allowed)}, not '{value}'."
            : value == "shape" && !_hasArray
                ? "mode is shape only where there is an array."
                : null;
    }
}
