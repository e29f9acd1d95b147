using System.Text;
using Beamtime.Core.Topics.Redis;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Topics.Redis;

public sealed class RespTests
{
    private const int Limit = 1024 * 1024;

    private const string Everything =
        "*16\r\n+OK\r\n-ERR no\r\n:-42\r\n$5\r\nhe\r\no\r\n$-1\r\n*-1\r\n_\r\n#t\r\n#f\r\n,3.25\r\n,-inf\r\n(3492890328409238509324850943850943825024385\r\n"
        + "=6\r\ntxt:hi\r\n!7\r\nERR bad\r\n%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:2\r\n~1\r\n:3\r\n|1\r\n+ttl\r\n:3600\r\n$0\r\n\r\n";

    [Fact]
    public void Every_kind_of_reply_is_read()
    {
        var items = Parse(Everything).Items;
        Assert.Equal("OK", items[0].ToString());
        Assert.Equal((RespKind.Error, "ERR no"), (items[1].Kind, items[1].ToString()));
        Assert.Equal(-42, items[2].Integer);
        Assert.Equal("he\r\no", items[3].ToString());
        Assert.True(items[4].IsNull && items[5].IsNull && items[6].IsNull);
        Assert.Equal((1, 0), (items[7].Integer, items[8].Integer));
        Assert.Equal(3.25, items[9].Double);
        Assert.Equal(double.NegativeInfinity, items[10].Double);
        Assert.StartsWith("349289", items[11].ToString(), StringComparison.Ordinal);
        Assert.Equal("hi", items[12].ToString());
        Assert.Equal((RespKind.Error, "ERR bad"), (items[13].Kind, items[13].ToString()));
        Assert.Equal(1, items[14].Field("a"u8).Integer);
        Assert.Equal(3, items[14].Field("b"u8).Items[1].Items[0].Integer);
        Assert.True(items[14].Field("c"u8).IsNull);
        Assert.Equal((RespKind.Bytes, ""), (items[15].Kind, items[15].ToString()));
    }

    [Fact]
    public void A_reply_may_be_split_at_every_byte()
    {
        var bytes = Encoding.ASCII.GetBytes(Everything + ":7\r\n");
        var end = bytes.Length - 4;
        for (var split = 1; split < end; split++)
        {
            var scanner = new RespScanner(Limit);
            Assert.False(scanner.TryFind(bytes.AsSpan(0, split), out _));
            Assert.True(scanner.TryFind(bytes, out var length));
            Assert.Equal(end, length);
            Assert.True(scanner.TryFind(bytes.AsSpan(end), out length));
            Assert.Equal(4, length);
        }

        var byByte = new RespScanner(Limit);
        for (var count = 1; count < end; count++)
        {
            Assert.False(byByte.TryFind(bytes.AsSpan(0, count), out _));
        }

        Assert.True(byByte.TryFind(bytes.AsSpan(0, end), out _));
    }

    [Theory]
    [InlineData("?3\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$3\r\nabcd\r\n")]
    [InlineData("$2000000\r\n")]
    [InlineData("*2000000\r\n")]
    [InlineData("*400000\r\n")]
    [InlineData("%300000\r\n")]
    [InlineData("*99999999999999999999\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    [InlineData(":4x\r\n")]
    [InlineData(",four\r\n")]
    public void What_is_no_reply_is_a_fault(string bytes)
    {
        var fault = Assert.Throws<FaultException>(() => Parse(bytes));
        Assert.Equal("redis.protocol", fault.Reason.Code);
    }

    [Fact]
    public void A_line_without_end_is_a_fault()
    {
        var fault = Assert.Throws<FaultException>(() => Parse("+" + new string('x', 100_000)));
        Assert.Equal("redis.protocol", fault.Reason.Code);
    }

    [Fact]
    public void Hostile_bytes_are_a_fault_or_wait_for_more_and_never_anything_else()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var good = Encoding.ASCII.GetBytes(Everything);
        const string Alphabet = "*%~>|$!=+-:_#,(0123456789\r\n\r\n\r\nxé";
        for (var trial = 0; trial < 20_000; trial++)
        {
            byte[] bytes;
            if (trial % 2 == 0)
            {
                bytes = [.. good];
                for (var i = random.Next(1, 4); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)Alphabet[random.Next(Alphabet.Length)];
                }
            }
            else
            {
                bytes = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (byte)Alphabet[random.Next(Alphabet.Length)])];
            }

            try
            {
                var scanner = new RespScanner(Limit);
                if (scanner.TryFind(bytes, out var length))
                {
                    Assert.InRange(length, 1, bytes.Length);
                    RespParser.Parse(bytes.AsMemory(0, length));
                }
            }
            catch (FaultException fault)
            {
                Assert.Equal("redis.protocol", fault.Reason.Code);
            }
        }
    }

    [Theory]
    [InlineData("redis://localhost", "redis://localhost:6379/0", null, null)]
    [InlineData("redis://me:p%40ss@[::1]:7000/3", "redis://[::1]:7000/3", "me", "p@ss")]
    [InlineData("rediss://:secret@redis.example.org", "rediss://redis.example.org:6379/0", null, "secret")]
    [InlineData("unix://me:it@/run/redis/redis.sock?db=2", "unix:///run/redis/redis.sock", "me", "it")]
    public void An_address_is_read_and_shown_without_its_secrets(string url, string shown, string? user, string? password)
    {
        var endpoint = RedisEndpoint.Parse(url);
        Assert.Equal((shown, user, password), (endpoint.ToString(), endpoint.User, endpoint.Password));
    }

    [Theory]
    [InlineData("http://localhost")]
    [InlineData("localhost:6379")]
    [InlineData("redis://")]
    [InlineData("redis://host:0")]
    [InlineData("redis://host/x")]
    [InlineData("redis://host?a=b")]
    [InlineData("redis://u:sec#ret@host")]
    [InlineData("redis://u:%zz@host")]
    [InlineData("unix://host/path")]
    [InlineData("unix:///path?x=1")]
    public void An_address_that_cannot_be_read_is_refused_without_repeating_it(string url)
    {
        var refused = Assert.Throws<RefusedException>(() => RedisEndpoint.Parse(url));
        Assert.Equal("redis.url", Assert.Single(refused.Reasons).Code);
        Assert.DoesNotContain("sec", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NOAUTH Authentication required.", "redis.login", RetryClass.Never)]
    [InlineData("WRONGPASS invalid username-password pair", "redis.login", RetryClass.Never)]
    [InlineData("NOPERM User x has no permissions", "redis.permission", RetryClass.Never)]
    [InlineData("LOADING Redis is loading the dataset in memory", "redis.loading", RetryClass.Later)]
    [InlineData("READONLY You can't write against a read only replica.", "redis.read_only", RetryClass.Later)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "redis.full", RetryClass.Later)]
    [InlineData("BUSY Redis is busy running a script.", "redis.busy", RetryClass.Later)]
    [InlineData("ERR something else", "redis.command", RetryClass.Never)]
    public void An_error_of_Redis_has_a_code_of_ours(string says, string code, RetryClass retry)
    {
        var reason = RedisErrors.Of(RespValue.Error(Encoding.ASCII.GetBytes(says))).Reason;
        Assert.Equal((code, retry), (reason.Code, reason.Retry));
        Assert.NotEmpty(reason.Remedy);
    }

    private static RespValue Parse(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var scanner = new RespScanner(Limit);
        return scanner.TryFind(bytes, out var length)
            ? RespParser.Parse(bytes.AsMemory(0, length))
            : throw new InvalidOperationException("The reply is not whole.");
    }
}
