using System.Globalization;

namespace Beamtime.Sdk.Scans;

/// <summary>
/// The arguments of one request, validated and complete: defaults are filled in, and each stands under the name of its
/// declaration. What is optional and was not given is absent.
/// </summary>
/// <param name="Bundles">Positional bundles, each in the order of the declaration.</param>
/// <param name="Named">Named parameters.</param>
public sealed record ScanArguments(
    IReadOnlyList<IReadOnlyList<string>> Bundles,
    IReadOnlyDictionary<string, string> Named)
{
    /// <summary>Whether a parameter has a value.</summary>
    /// <param name="name">The parameter's name.</param>
    public bool Has(string name) => Named.ContainsKey(name);

    /// <summary>A named number.</summary>
    /// <param name="name">The parameter's name.</param>
    public double Number(string name) => double.Parse(Named[name], CultureInfo.InvariantCulture);

    /// <summary>A named whole number.</summary>
    /// <param name="name">The parameter's name.</param>
    public int Integer(string name) => int.Parse(Named[name], CultureInfo.InvariantCulture);

    /// <summary>A named truth value.</summary>
    /// <param name="name">The parameter's name.</param>
    public bool Flag(string name) => Named[name] == "true";

    /// <summary>A named text.</summary>
    /// <param name="name">The parameter's name.</param>
    public string Text(string name) => Named[name];

    /// <summary>A named list of numbers.</summary>
    /// <param name="name">The parameter's name.</param>
    public IReadOnlyList<double> Numbers(string name) => ArgumentText.Numbers(Named[name]);

    /// <summary>A named list of devices; empty where none was given.</summary>
    /// <param name="name">The parameter's name.</param>
    public IReadOnlyList<string> Devices(string name) => Named.TryGetValue(name, out var text) ? ArgumentText.Names(text) : [];

    /// <summary>A named list of regions.</summary>
    /// <param name="name">The parameter's name.</param>
    public IReadOnlyList<ScanRegion> Regions(string name) => ArgumentText.Regions(Named[name]);

    /// <summary>A named list of regions of two axes.</summary>
    /// <param name="name">The parameter's name.</param>
    public IReadOnlyList<RegionPair> RegionPairs(string name) => ArgumentText.RegionPairs(Named[name]);

    /// <summary>A text in a bundle: the name of a device.</summary>
    /// <param name="bundle">Index of the bundle, from 0.</param>
    /// <param name="position">Index in the bundle, from 0.</param>
    public string Text(int bundle, int position) => Bundles[bundle][position];

    /// <summary>A number in a bundle.</summary>
    /// <param name="bundle">Index of the bundle, from 0.</param>
    /// <param name="position">Index in the bundle, from 0.</param>
    public double Number(int bundle, int position) => double.Parse(Bundles[bundle][position], CultureInfo.InvariantCulture);

    /// <summary>A whole number in a bundle.</summary>
    /// <param name="bundle">Index of the bundle, from 0.</param>
    /// <param name="position">Index in the bundle, from 0.</param>
    public int Integer(int bundle, int position) => int.Parse(Bundles[bundle][position], CultureInfo.InvariantCulture);

    /// <summary>A list of numbers in a bundle.</summary>
    /// <param name="bundle">Index of the bundle, from 0.</param>
    /// <param name="position">Index in the bundle, from 0.</param>
    public IReadOnlyList<double> Numbers(int bundle, int position) => ArgumentText.Numbers(Bundles[bundle][position]);

    /// <summary>The same position of every bundle as a list of numbers: all starts.</summary>
    /// <param name="position">Index in the bundle, from 0.</param>
    public double[] Column(int position) => [.. Bundles.Index().Select(b => Number(b.Index, position))];

    /// <summary>The same position of every bundle as a list of texts: all motors.</summary>
    /// <param name="position">Index in the bundle, from 0.</param>
    public string[] Names(int position) => [.. Bundles.Select(b => b[position])];
}
