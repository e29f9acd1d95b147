using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>
/// A table of positions over one quantity. Between its rows it is linear; outside of them there is no value, and none is
/// made up.
/// </summary>
internal sealed class LookupTable
{
    private readonly double[] _keys;
    private readonly Dictionary<string, double[]> _columns;

    /// <summary>A table.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">The quantity over which it is given, the name of a parameter or capture.</param>
    /// <param name="keys">Its values, ascending strictly; at least one.</param>
    /// <param name="columns">Values by column, as many each.</param>
    public LookupTable(string name, string key, double[] keys, Dictionary<string, double[]> columns)
    {
        (Name, Key, _keys, _columns) = (name, key, keys, columns);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The quantity over which it is given.</summary>
    public string Key { get; }

    /// <summary>Its columns.</summary>
    public IReadOnlyCollection<string> Columns => _columns.Keys;

    /// <summary>The value of a column.</summary>
    /// <param name="column">The column; known.</param>
    /// <param name="at">The quantity.</param>
    /// <exception cref="RefusedException"><c>procedure.value.invalid</c> outside the table.</exception>
    public double ValueAt(string column, double at)
    {
        if (!(at >= _keys[0] && at <= _keys[^1]))
        {
            throw new RefusedException(ProcedureErrors.ValueInvalid.Because(string.Create(
                CultureInfo.InvariantCulture,
                $"{Key} is {at}, table {Name} reaches from {_keys[0]} to {_keys[^1]}; it is not extended.")));
        }

        var values = _columns[column];
        var found = Array.BinarySearch(_keys, at);
        if (found >= 0)
        {
            return values[found];
        }

        var above = ~found;
        var share = (at - _keys[above - 1]) / (_keys[above] - _keys[above - 1]);
        return values[above - 1] + (share * (values[above] - values[above - 1]));
    }
}
