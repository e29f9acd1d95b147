using System.Globalization;
using Beamtime.Data.Compute;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Compute;

public class GreyPictureTests
{
    private const string Reader = """
        import struct, sys, zlib
        data = open(sys.argv[1], 'rb').read()
        assert data[:8] == b'\x89PNG\r\n\x1a\n'
        at, packed = 8, b''
        while at < len(data):
            length, kind = struct.unpack('>I4s', data[at:at + 8])
            content = data[at + 8:at + 8 + length]
            assert struct.unpack('>I', data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + content)
            at += 12 + length
            if kind == b'IHDR': width, height, depth, colour = struct.unpack('>IIBB', content[:10])
            if kind == b'IDAT': packed += content
        raw = zlib.decompress(packed)
        assert (depth, colour, kind, len(raw)) == (8, 0, b'IEND', (width + 1) * height)
        print(width, height, *(raw[(width + 1) * y + 1 + x] for y, x in ((0, 0), (height - 1, width - 1), (height // 2, 0))))
        """;

    [Fact]
    public async Task Another_program_reads_the_picture()
    {
        using var folder = TemporaryFolder.Create("picture");
        float[] ramp = [.. Enumerable.Range(0, 300 * 200).Select(i => (float)(i / 300))];
        (ramp[5], ramp[6]) = (1e9f, float.NaN);
        using (var png = File.Create(folder["ramp.png"]))
        {
            GreyPicture.Write(png, ramp, 300, 200);
        }

        var answer = await Python.RunAsync(Reader, [folder["ramp.png"]], TestContext.Current.CancellationToken);
        Assert.Equal("300 200 0 255", string.Join(' ', answer.Split()[..4]));
        Assert.InRange(int.Parse(answer.Split()[4], CultureInfo.InvariantCulture), 125, 131);
    }

    [Fact]
    public void A_uniform_picture_is_black() => GreyPicture.Write(new MemoryStream(), new float[12], 4, 3);
}
