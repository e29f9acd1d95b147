using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Beamtime.Core.Topics.Redis;

/// <summary>Commands that go out together, one after the other, and whose replies come back together.</summary>
internal sealed class RedisCommands
{
    private readonly ArrayBufferWriter<byte> _bytes;

    /// <summary>No commands yet.</summary>
    /// <param name="capacity">Bytes to begin with.</param>
    public RedisCommands(int capacity = 256) => _bytes = new ArrayBufferWriter<byte>(capacity);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>As they are sent.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>True when of replies only errors and nothing are of interest: others come back empty.</summary>
    public bool IsTerse { get; init; }

    /// <summary>How long Redis itself may keep the reply back.</summary>
    public TimeSpan Blocks { get; init; }

    /// <summary>One command.</summary>
    /// <param name="words">Its name and arguments.</param>
    public static RedisCommands Of(params ReadOnlySpan<string> words) => new RedisCommands().Add(words);

    /// <summary>Adds a command.</summary>
    /// <param name="words">Its name and arguments.</param>
    public RedisCommands Add(params ReadOnlySpan<string> words)
    {
        Begin(words.Length);
        foreach (var word in words)
        {
            Word(word);
        }

        return this;
    }

    /// <summary>Adds a command that Redis does not answer but confirms by a push, such as SUBSCRIBE.</summary>
    /// <param name="words">Its name and arguments.</param>
    public RedisCommands AddPushed(params ReadOnlySpan<string> words)
    {
        Add(words);
        Count--;
        return this;
    }

    /// <summary>Begins a command; its words follow.</summary>
    /// <param name="words">How many.</param>
    public void Begin(int words)
    {
        Count++;
        Header((byte)'*', words);
    }

    /// <summary>Adds a word.</summary>
    /// <param name="word">The word.</param>
    public void Word(string word)
    {
        var size = Encoding.UTF8.GetByteCount(word);
        Header((byte)'$', size);
        _bytes.Advance(Encoding.UTF8.GetBytes(word, _bytes.GetSpan(size)));
        _bytes.Write("\r\n"u8);
    }

    /// <summary>Adds a word.</summary>
    /// <param name="word">The word.</param>
    public void Word(ReadOnlySpan<byte> word)
    {
        Header((byte)'$', word.Length);
        _bytes.Write(word);
        _bytes.Write("\r\n"u8);
    }

    /// <summary>Adds a word of two parts.</summary>
    /// <param name="first">How it begins.</param>
    /// <param name="second">How it goes on.</param>
    public void Word(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Header((byte)'$', first.Length + second.Length);
        _bytes.Write(first);
        _bytes.Write(second);
        _bytes.Write("\r\n"u8);
    }

    /// <summary>Adds a number as a word.</summary>
    /// <param name="number">The number.</param>
    public void Word(long number)
    {
        Span<byte> text = stackalloc byte[20];
        number.TryFormat(text, out var size, default, CultureInfo.InvariantCulture);
        Word(text[..size]);
    }

    private void Header(byte kind, int count)
    {
        var span = _bytes.GetSpan(16);
        span[0] = kind;
        Utf8Formatter.TryFormat(count, span[1..], out var size);
        span[size + 1] = (byte)'\r';
        span[size + 2] = (byte)'\n';
        _bytes.Advance(size + 3);
    }
}
