using System.Text.RegularExpressions;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Computed;

/// <summary>
/// A device that is calculated from others: <c>expression</c> is a formula over their signals. It is calculated anew whenever
/// one of them tells a change, and at a point from the very readings of that point.
/// </summary>
internal sealed partial class ComputedSignal : IDevice, IMonitored, IOwned
{
    /// <summary>The class names that configurations use.</summary>
    public static readonly IReadOnlyList<string> Classes = ["computed", "ophyd_devices.ComputedSignal"];

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Reading[] _known;
    private readonly List<(IMonitored Device, Action<Signal, Reading> Note)> _heard = [];
    private Action<Signal, Reading>? _changed;

    /// <summary>A signal of its <c>deviceConfig</c>.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">The formula is none.</exception>
    public ComputedSignal(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        var unit = configuration.Text("egu", "", "unit of the value");
        Formula = FormulaOf(
            configuration.Name,
            configuration.Text("expression", "", "the formula"),
            configuration.Text("compute_method", "", "a Python function of one return statement, as BEC has it"),
            configuration.Names("input_signals", "the signals that the function's parameters stand for"));
        _known = new Reading[Formula.Inputs.Count];
        Value = new Signal
        {
            Name = configuration.Name,
            Kind = SignalKind.Hinted,
            Unit = unit.Length > 0 ? unit : null,
            Description = configuration.Text("meaning", $"Calculated from {string.Join(", ", Formula.Inputs)}.", "what the value means"),
        };
        Signals = [Value];
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed
    {
        add
        {
            lock (_gate)
            {
                _changed += value;
            }
        }

        remove
        {
            lock (_gate)
            {
                _changed -= value;
            }
        }
    }

    [GeneratedRegex(@"^\s*def\s+[A-Za-z_]\w*\s*\(([^()]*)\)\s*:\s*return\s+([^\n]+?)\s*$", RegexOptions.Singleline)]
    private static partial Regex OneReturn { get; }

    /// <summary>The formula; its inputs are addresses of signals.</summary>
    public Formula Formula { get; }

    /// <summary>Its one signal.</summary>
    public Signal Value { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public DeviceOwnership Ownership => DeviceOwnership.Free;

    /// <summary>The formula of a configuration.</summary>
    /// <param name="name">The device's name, for messages.</param>
    /// <param name="expression">The formula itself; empty for none.</param>
    /// <param name="method">The text of a Python function of one return statement; empty for none.</param>
    /// <param name="inputs">The signals that its parameters stand for.</param>
    /// <exception cref="FormatException">There is none, or it is wrong.</exception>
    public static Formula FormulaOf(string name, string expression, string method, IReadOnlyList<string> inputs)
    {
        try
        {
            if (expression.Length > 0)
            {
                return method.Length == 0 && inputs.Count == 0
                    ? FormulaParser.Read(expression)
                    : throw new FormatException("expression names its inputs itself; compute_method and input_signals do not stand beside it");
            }

            if (OneReturn.Match(method) is not { Success: true } match)
            {
                throw new FormatException(method.Length == 0
                    ? "an expression is required"
                    : "compute_method is code, which is not run; write what it calculates as expression, such as 'bpm4i * bpm5i'");
            }

            List<string> parameters = [.. match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
            return parameters.Count == inputs.Count
                ? FormulaParser.Read(match.Groups[2].Value, parameters).Rename(p => inputs[parameters.IndexOf(p)])
                : throw new FormatException($"compute_method takes {parameters.Count} signals, input_signals has {inputs.Count}");
        }
        catch (FormatException mistake)
        {
            throw new FormatException($"{name}: deviceConfig: {mistake.Message}.");
        }
    }

    /// <summary>The devices that an entry's formula takes values of; none where it is wrong.</summary>
    /// <param name="entry">The entry, of a class of this.</param>
    public static IReadOnlyList<string> NeedsOf(DeviceEntry entry)
    {
        try
        {
            return
            [
                .. FormulaOf(entry.Name, Text("expression"), Text("compute_method"), DeviceConfiguration.NamesOf(entry.DeviceConfig.GetValueOrDefault("input_signals")) ?? [])
                    .Inputs.Select(i => DeviceBook.Split(i).Device).Distinct(StringComparer.Ordinal),
            ];
        }
        catch (FormatException)
        {
            // Construction tells what is wrong with it.
            return [];
        }

        string Text(string key) => entry.DeviceConfig.GetValueOrDefault(key) as string ?? "";
    }

    /// <summary>Says which devices the inputs are of, connected.</summary>
    /// <param name="find">Finds a usable device.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">An input is no number, or not there.</exception>
    public void Bind(Func<string, ConfiguredDevice?> find)
    {
        for (var i = 0; i < Formula.Inputs.Count; i++)
        {
            var (name, signal) = DeviceBook.Split(Formula.Inputs[i]);
            if (find(name) is not { } device || device.Find(signal) is not { IsRead: true, Type: SignalType.Float or SignalType.Integer or SignalType.Boolean } found)
            {
                throw DeviceErrors.ConnectFailed.Fault(
                    $"{Value.Name} is calculated from {Formula.Inputs[i]}, which is no number that is read.");
            }

            _known[i] = device.Last is { Length: > 0 } last ? last.Span[device.ReadSignals.Index().First(s => s.Item == found).Index] : default;
            if (device.Device is IMonitored monitored)
            {
                var (place, watched) = (i, found.Name);
                Action<Signal, Reading> note = (changed, reading) =>
                {
                    if (changed.Name == watched)
                    {
                        Note(place, reading);
                    }
                };
                monitored.Changed += note;
                _heard.Add((monitored, note));
            }
        }

    }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            lock (_gate)
            {
                row.Span[0] = Evaluate(_known);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The value from readings of the inputs; missing where one of them is.</summary>
    /// <param name="inputs">Readings in the order of the formula's inputs.</param>
    public Reading Evaluate(ReadOnlySpan<Reading> inputs)
    {
        Span<double> values = inputs.Length <= 32 ? stackalloc double[inputs.Length] : new double[inputs.Length];
        var at = inputs.Length == 0 ? _time.GetUtcNow() : DateTimeOffset.MinValue;
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Value.Type is not (SignalType.Float or SignalType.Integer or SignalType.Boolean))
            {
                return new Reading(Sdk.Devices.Value.Missing, inputs[i].Timestamp);
            }

            values[i] = inputs[i].Value.AsDouble();
            at = inputs[i].Timestamp > at ? inputs[i].Timestamp : at;
        }

        return new Reading(Sdk.Devices.Value.Of(Formula.Evaluate(values)), at);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var (device, note) in _heard)
        {
            device.Changed -= note;
        }

        _heard.Clear();
        return ValueTask.CompletedTask;
    }

    private void Note(int place, Reading reading)
    {
        Reading now;
        Action<Signal, Reading>? changed;
        lock (_gate)
        {
            _known[place] = reading;
            (now, changed) = (Evaluate(_known), _changed);
        }

        changed?.Invoke(Value, now);
    }
}
