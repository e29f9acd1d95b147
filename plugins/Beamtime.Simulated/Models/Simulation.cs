using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>
/// What a simulated detector shows, chosen by its configuration (<c>sim_init</c>: model and params) and changed while it
/// runs by two settings: <c>&lt;name&gt;_model</c> takes the name of a model, which then begins with its defaults, and
/// <c>&lt;name&gt;_params</c> takes parameters and leaves the others as they are. A choice that the model refuses changes nothing.
/// </summary>
/// <typeparam name="T">What a model is, ready to be evaluated.</typeparam>
internal sealed class Simulation<T>
    where T : class
{
    private readonly Func<string, DeviceConfiguration, T> _create;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly DeviceConfiguration _none;
    private DeviceConfiguration _parameters;
    private string _name;
    private T _model;

    /// <summary>The simulation that a configuration asks for.</summary>
    /// <param name="configuration">The device's <c>deviceConfig</c>.</param>
    /// <param name="model">The model where none is named.</param>
    /// <param name="models">All names, for people.</param>
    /// <param name="create">Makes a model from its name and parameters.</param>
    /// <exception cref="FormatException">An unknown model, or a parameter that it does not take.</exception>
    public Simulation(
        DeviceConfiguration configuration, string model, IEnumerable<string> models, Func<string, DeviceConfiguration, T> create)
    {
        _create = create;
        _time = configuration.Time;
        var initial = configuration.Map("sim_init", "the model and its parameters");
        _name = initial.Text("model", model, "the model by its name");
        _parameters = initial.Map("params", "the model's parameters");
        _none = _parameters.With(_parameters.Entries.Keys.ToDictionary(key => key, _ => (object?)null));
        _model = create(_name, _parameters);
        Model = new Signal
        {
            Name = $"{configuration.Name}_model", Kind = SignalKind.Config, Type = SignalType.Text, IsSettable = true,
            Description = $"What it shows: {string.Join(", ", models)}.",
        };
        Parameters = new Signal
        {
            Name = $"{configuration.Name}_params", Kind = SignalKind.Config, Type = SignalType.Text, IsSettable = true,
            Description = "Parameters of the model that differ from its defaults: key=value, separated by blanks.",
        };
    }

    /// <summary>The signal with the model's name.</summary>
    public Signal Model { get; }

    /// <summary>The signal with its parameters.</summary>
    public Signal Parameters { get; }

    /// <summary>The model as it is now.</summary>
    public T Current => Volatile.Read(ref _model);

    /// <summary>Reads both signals.</summary>
    /// <param name="row">Takes them.</param>
    public void Read(Span<Reading> row)
    {
        var at = _time.GetUtcNow();
        lock (_gate)
        {
            row[0] = new Reading(Value.Of(_name), at);
            row[1] = new Reading(
                Value.Of(ParameterText.Format(_parameters.Entries.Where(e => e.Value is not null).ToDictionary())), at);
        }
    }

    /// <summary>Sets one of the two signals.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when it is another signal.</returns>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">The model or the parameters are not known.</exception>
    public bool TrySet(Signal signal, Value value)
    {
        if (!ReferenceEquals(signal, Model) && !ReferenceEquals(signal, Parameters))
        {
            return false;
        }

        lock (_gate)
        {
            try
            {
                var isModel = ReferenceEquals(signal, Model);
                var name = isModel ? value.AsText() : _name;
                var parameters = isModel ? _none : _parameters.With(ParameterText.Parse(value.AsText()));
                var model = _create(name, parameters);
                List<string> unknown = [.. parameters.Unused.Where(key => parameters.Entries[key] is not null)];
                if (unknown.Count > 0)
                {
                    throw new FormatException(
                        $"{name} has no parameter {string.Join(", ", unknown)}; it takes {string.Join(", ", parameters.Asked.Keys)}");
                }

                (_name, _parameters) = (name, parameters);
                Volatile.Write(ref _model, model);
            }
            catch (FormatException mistake)
            {
                throw SimulatedErrors.NotSettable.Fault($"{signal.Name}: {mistake.Message}", mistake);
            }
        }

        return true;
    }
}
