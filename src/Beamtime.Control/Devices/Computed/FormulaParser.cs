using System.Globalization;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Devices.Computed;

/// <summary>
/// Reads formulas: numbers, <c>device</c> and <c>device.signal</c>, + - * / % **, comparisons, and, or, not,
/// <c>a if c else b</c>, functions and parentheses, with the meaning and the precedence that they have in Python.
/// </summary>
internal sealed class FormulaParser
{
    private const int LongestText = 2000;
    private const int DeepestNesting = 64;

    // How the modules are called in which Python has the functions.
    private static readonly string[] Modules = ["np.", "numpy.", "math."];
    private static readonly string[] Words = ["and", "or", "not", "if", "else"];
    private static readonly Dictionary<string, double> Constants = new(StringComparer.Ordinal)
    {
        ["pi"] = Math.PI, ["e"] = Math.E, ["nan"] = double.NaN, ["inf"] = double.PositiveInfinity, ["True"] = 1, ["False"] = 0, ["true"] = 1, ["false"] = 0,
    };

    private readonly string _text;
    private readonly IReadOnlyCollection<string>? _gotten;
    private readonly List<string> _inputs = [];
    private int _at;
    private int _depth;

    private FormulaParser(string text, IReadOnlyCollection<string>? gotten) => (_text, _gotten) = (text, gotten);

    /// <summary>Reads a formula.</summary>
    /// <param name="text">The text.</param>
    /// <param name="gotten">Names that stand for signals whose value is <c>name.get()</c>; null where names are values.</param>
    /// <exception cref="FormatException">What is wrong with it, and where.</exception>
    public static Formula Read(string text, IReadOnlyCollection<string>? gotten = null)
    {
        if (text.Length > LongestText)
        {
            throw new FormatException($"the formula is longer than {LongestText} characters");
        }

        var parser = new FormulaParser(text, gotten);
        var root = parser.ReadChoice();
        return parser.Peek() == '\0'
            ? new Formula(parser._inputs, root)
            : throw parser.Wrong($"'{text[parser._at..]}' is not understood");
    }

    private FormulaNode ReadChoice()
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"it is nested more than {DeepestNesting} deep");
        }

        var then = ReadOr();
        if (TakeWord("if"))
        {
            var condition = ReadOr();
            if (!TakeWord("else"))
            {
                throw Wrong("'else' is missing");
            }

            then = new ChoiceNode(condition, then, ReadChoice());
        }

        _depth--;
        return then;
    }

    private FormulaNode ReadOr()
    {
        var left = ReadAnd();
        while (TakeWord("or"))
        {
            left = new SignNode("or", left, ReadAnd());
        }

        return left;
    }

    private FormulaNode ReadAnd()
    {
        var left = ReadNot();
        while (TakeWord("and"))
        {
            left = new SignNode("and", left, ReadNot());
        }

        return left;
    }

    private FormulaNode ReadNot()
    {
        var count = 0;
        while (TakeWord("not"))
        {
            count++;
        }

        var node = ReadComparison();
        for (; count > 0; count--)
        {
            node = new FunctionNode("not", [node]);
        }

        return node;
    }

    // As in Python, a < b < c compares both.
    private FormulaNode ReadComparison()
    {
        var left = ReadSum();
        FormulaNode? all = null;
        while (Take("<=", ">=", "==", "!=", "<", ">") is { } sign)
        {
            var right = ReadSum();
            var one = new SignNode(sign, left, right);
            all = all is null ? one : new SignNode("and", all, one);
            left = right;
        }

        return all ?? left;
    }

    private FormulaNode ReadSum()
    {
        var left = ReadProduct();
        while (Take("+", "-") is { } sign)
        {
            left = new SignNode(sign, left, ReadProduct());
        }

        return left;
    }

    private FormulaNode ReadProduct()
    {
        var left = ReadSigned();
        while (!IsPower() && Take("*", "/", "%") is { } sign)
        {
            left = new SignNode(sign, left, ReadSigned());
        }

        return left;
    }

    private FormulaNode ReadSigned()
    {
        var isNegative = false;
        while (Take("+", "-") is { } sign)
        {
            isNegative ^= sign == "-";
        }

        var node = ReadPower();
        return isNegative ? new FunctionNode("neg", [node]) : node;
    }

    private FormulaNode ReadPower()
    {
        var left = ReadAtom();
        if (!IsPower())
        {
            return left;
        }

        _at += 2;
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"it is nested more than {DeepestNesting} deep");
        }

        var right = ReadSigned();
        _depth--;
        return new SignNode("**", left, right);
    }

    private FormulaNode ReadAtom()
    {
        switch (Peek())
        {
            case '(':
                _at++;
                var inner = ReadChoice();
                Expect(')');
                return inner;
            case var c when char.IsAsciiDigit(c) || c == '.':
                return ReadNumber();
            case var c when char.IsAsciiLetter(c) || c == '_':
                return ReadName();
            case '\0':
                throw Wrong("it ends early");
            case var c:
                throw Wrong($"'{c}' is not understood");
        }
    }

    private NumberNode ReadNumber()
    {
        var from = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '.'
            || (_text[_at] is '+' or '-' && _text[_at - 1] is 'e' or 'E')))
        {
            _at++;
        }

        return double.TryParse(_text[from.._at], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new NumberNode(number)
            : throw Wrong($"'{_text[from.._at]}' is not a number");
    }

    private FormulaNode ReadName()
    {
        var from = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.'))
        {
            _at++;
        }

        var name = _text[from.._at];
        var bare = Modules.FirstOrDefault(m => name.StartsWith(m, StringComparison.Ordinal)) is { } module ? name[module.Length..] : name;
        if (Words.Contains(name))
        {
            throw Wrong($"'{name}' stands at a wrong place");
        }

        if (Peek() == '(')
        {
            return _gotten is not null && name.EndsWith(".get", StringComparison.Ordinal) ? ReadGotten(name[..^4]) : ReadFunction(bare);
        }

        if (Constants.TryGetValue(bare, out var constant))
        {
            return new NumberNode(constant);
        }

        return _gotten is null
            ? InputOf(name)
            : throw Wrong($"'{name}' is neither a number nor the value of a signal, which is written with .get()");
    }

    private InputNode ReadGotten(string name)
    {
        if (!_gotten!.Contains(name))
        {
            throw Wrong($"'{name}' is no parameter{NearestName.Question(name, _gotten!)}");
        }

        Expect('(');
        Expect(')');
        return InputOf(name);
    }

    private FunctionNode ReadFunction(string name)
    {
        if (!FunctionNode.Known.TryGetValue(name, out var counts))
        {
            throw Wrong($"there is no function '{name}'{NearestName.Question(name, FunctionNode.Known.Keys)}");
        }

        Expect('(');
        List<FormulaNode> arguments = [ReadChoice()];
        while (Take(",") is not null)
        {
            arguments.Add(ReadChoice());
        }

        Expect(')');
        return arguments.Count >= counts.Least && (counts.Most == 0 || arguments.Count <= counts.Most)
            ? new FunctionNode(name, arguments)
            : throw Wrong($"{name} takes {counts.Least} values, not {arguments.Count}");
    }

    private InputNode InputOf(string name)
    {
        if (name.EndsWith('.') || name.Split('.').Length > 2)
        {
            throw Wrong($"'{name}' is neither a device nor device.signal");
        }

        var index = _inputs.IndexOf(name);
        if (index < 0)
        {
            index = _inputs.Count;
            _inputs.Add(name);
        }

        return new InputNode(index);
    }

    private bool IsPower() => Peek() == '*' && _at + 1 < _text.Length && _text[_at + 1] == '*';

    private bool TakeWord(string word)
    {
        Peek();
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0
            || (_at + word.Length < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at + word.Length]) || _text[_at + word.Length] is '_' or '.')))
        {
            return false;
        }

        _at += word.Length;
        return true;
    }

    private string? Take(params ReadOnlySpan<string> signs)
    {
        Peek();
        foreach (var sign in signs)
        {
            if (string.CompareOrdinal(_text, _at, sign, 0, sign.Length) == 0)
            {
                _at += sign.Length;
                return sign;
            }
        }

        return null;
    }

    private void Expect(char sign)
    {
        if (Peek() != sign)
        {
            throw Wrong($"'{sign}' is missing");
        }

        _at++;
    }

    private char Peek()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        return _at < _text.Length ? _text[_at] : '\0';
    }

    private FormatException Wrong(string what) => new($"{what}, at character {_at + 1} of '{_text.Trim()}'");
}
