using Beamtime.Control.Devices.Computed;

namespace Beamtime.Tests.Devices;

public sealed class FormulaTests
{
    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("2 ** 3 ** 2", 512)]
    [InlineData("-2 ** 2", -4)]
    [InlineData("2 ** -1", 0.5)]
    [InlineData("7 - 3 - 2", 2)]
    [InlineData("-7 % 3", 2)]
    [InlineData("1e-3 * 1E3", 1)]
    [InlineData("1 < 2 < 3", 1)]
    [InlineData("3 > 2 > 2", 0)]
    [InlineData("not 0 and (1 or 0)", 1)]
    [InlineData("5 if 1 == 2 else 6 if 0 else 7", 7)]
    [InlineData("min(3, 1, 2) + max(1, 2)", 3)]
    [InlineData("mean(1, 2, 6) + sum(1, 2)", 6)]
    [InlineData("sqrt(16) + abs(-2) + np.hypot(3, 4)", 11)]
    [InlineData("degrees(atan2(1, 1))", 45)]
    [InlineData("round(2.5)", 2)]
    [InlineData("where(2 > 1, math.pi, 0)", Math.PI)]
    [InlineData("a * b.c - a", 6)]
    [InlineData("  a\n  + b.c", 6)]
    public void A_formula_means_what_it_means_in_Python(string text, double expected)
    {
        var formula = FormulaParser.Read(text);
        double[] values = [.. formula.Inputs.Select(i => i == "a" ? 2.0 : i == "b.c" ? 4 : 5)];
        Assert.Equal(expected, formula.Evaluate(values), 12);
    }

    [Theory]
    [InlineData("", "it ends early")]
    [InlineData("1 +", "it ends early")]
    [InlineData("1 2", "'2' is not understood")]
    [InlineData("(1", "')' is missing")]
    [InlineData("sqr(1)", "no function 'sqr'; did you mean 'sqrt'?")]
    [InlineData("sqrt(1, 2)", "sqrt takes 1 values, not 2")]
    [InlineData("where(1, 2)", "where takes 3 values, not 2")]
    [InlineData("1 if 2", "'else' is missing")]
    [InlineData("a.b.c", "neither a device nor device.signal")]
    [InlineData("open('x')", "no function 'open'")]
    [InlineData("__import__(1)", "no function '__import__'")]
    [InlineData("a = 1", "'= 1' is not understood")]
    [InlineData("a; b", "'; b' is not understood")]
    [InlineData("[1]", "'[' is not understood")]
    [InlineData("1.2.3", "'1.2.3' is not a number")]
    public void What_is_no_formula_is_refused_with_its_place(string text, string because)
    {
        var wrong = Assert.Throws<FormatException>(() => FormulaParser.Read(text));
        Assert.Contains(because, wrong.Message, StringComparison.Ordinal);
        Assert.Contains("at character", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_and_long_formulas_are_refused()
    {
        Assert.Throws<FormatException>(() => FormulaParser.Read(new string('(', 100) + "1" + new string(')', 100)));
        Assert.Throws<FormatException>(() => FormulaParser.Read("1" + string.Concat(Enumerable.Repeat("**1", 100))));
        Assert.Throws<FormatException>(() => FormulaParser.Read(new string('1', 2001)));
        Assert.Equal(500, FormulaParser.Read("1" + string.Concat(Enumerable.Repeat("+1", 499))).Evaluate([]));
    }

    [Fact]
    public void A_function_of_one_return_statement_is_taken_from_BEC()
    {
        var formula = ComputedSignal.FormulaOf(
            "pseudo", "", "def compute_signals(signal1, signal2):\n    return signal1.get()*np.sqrt(signal2.get())\n", ["bpm4i", "bpm5i.gain"]);
        Assert.Equal(["bpm4i", "bpm5i.gain"], formula.Inputs);
        Assert.Equal(6, formula.Evaluate([3, 4]));
    }

    [Theory]
    [InlineData("def f(a):\n    x = 1\n    return a.get()\n", "which is not run")]
    [InlineData("import os", "which is not run")]
    [InlineData("def f(a, b):\n    return a.get()\n", "takes 2 signals, input_signals has 1")]
    [InlineData("def f(a):\n    return a\n", "written with .get()")]
    [InlineData("def f(a):\n    return b.get()\n", "'b' is no parameter")]
    [InlineData("def f(a):\n    return eval(a.get())\n", "no function 'eval'")]
    [InlineData("", "an expression is required")]
    public void Other_code_is_refused_with_what_to_write_instead(string method, string because) => Assert.Contains(
        because, Assert.Throws<FormatException>(() => ComputedSignal.FormulaOf("p", "", method, ["x"])).Message, StringComparison.Ordinal);
}
