using System.Buffers.Binary;
using System.Text;

namespace MuonSharp.Formats.Tests.Gguf;

public sealed class GgufFileTests
{
    /// <summary>A file put together by hand from the format's description, byte by byte.</summary>
    private static byte[] ByHand(uint version = 3, ulong tensors = 1, ulong keys = 2, uint type = 0, ulong offset = 0, byte truth = 1)
    {
        List<byte> bytes = [.. "GGUF"u8];
        U32(version);
        U64(tensors);
        U64(keys);
        Text("a.text");
        U32(8);
        Text("väl");
        Text("a.truth");
        U32(7);
        bytes.Add(truth);
        Text("weight");
        U32(2);
        U64(3); // innermost first
        U64(2);
        U32(type);
        U64(offset);
        while (bytes.Count % 32 != 0) bytes.Add(0);
        foreach (float value in new[] { 1f, 2, 3, 4, 5, -6 }) U32(BitConverter.SingleToUInt32Bits(value));
        return [.. bytes];

        void U32(uint value)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(four, value);
            bytes.AddRange(four);
        }

        void U64(ulong value)
        {
            U32((uint)value);
            U32((uint)(value >> 32));
        }

        void Text(string text)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            U64((ulong)utf8.Length);
            bytes.AddRange(utf8);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_file_by_hand_is_read(uint version)
    {
        using GgufFile file = GgufFile.Open(ByHand(version), "hand");
        Assert.Equal("väl", file.Metadata.Text("a.text"));
        Assert.True(file.Metadata.Flag("a.truth"));
        GgufTensorEntry tensor = Assert.Single(file.Tensors);
        Assert.Equal([2, 3], tensor.Shape);
        float[] all = new float[6], last = new float[2];
        file.ReadFloats("weight", 0, all);
        file.ReadFloats("weight", 4, last);
        Assert.Equal([1, 2, 3, 4, 5, -6], all);
        Assert.Equal([5, -6], last);
    }

    [Fact]
    public void What_is_written_is_a_file_by_hand()
    {
        GgufMetadata metadata = new();
        metadata.Add("a.text", "väl");
        metadata.Add("a.truth", true);
        float[] values = [1, 2, 3, 4, 5, -6];
        using MemoryStream stream = new();
        GgufWriter.Write(stream, metadata, [new GgufTensor("weight", [2, 3], GgufElement.F32, (start, part) => values.AsSpan((int)start, part.Length).CopyTo(part))]);
        byte[] padded = [.. ByHand(), .. new byte[8]];
        Assert.Equal(padded, stream.ToArray());
    }

    [Fact]
    public void Metadata_and_tensors_of_every_kind_come_back()
    {
        GgufMetadata metadata = new();
        metadata.Add("whole", 7u);
        metadata.Add("number", 0.5f);
        metadata.Add("texts", ["a", "", "\u2581"]);
        metadata.Add("wholes", [1, -2]);
        metadata.Add("numbers", [1.5f, -0f]);
        float[] values = [.. Enumerable.Range(0, 128).Select(i => MathF.Sin(i) * 3)];
        GgufTensorReader read = (start, part) => values.AsSpan((int)start, part.Length).CopyTo(part);
        using MemoryStream stream = new();
        GgufWriter.Write(stream, metadata, [.. Enum.GetValues<GgufElement>().Select(type => new GgufTensor($"{type}", [2, 64], type, read))]);
        using GgufFile file = GgufFile.Open(stream.ToArray(), "memory");
        Assert.Equal(7, file.Metadata.Whole("whole"));
        Assert.Equal(0.5, file.Metadata.Number("number"));
        Assert.Equal(["a", "", "\u2581"], file.Metadata.Texts("texts"));
        Assert.Equal([1, -2], file.Metadata.Wholes("wholes"));
        Assert.Equal([1.5f, -0f], file.Metadata.Numbers("numbers"));
        foreach (GgufTensorEntry tensor in file.Tensors)
        {
            float[] back = new float[128];
            file.ReadFloats(tensor.Name, 0, back);
            for (int i = 0; i < 128; i++) Assert.Equal(Expected(tensor.Type, values, i), back[i]);
            float[] part = new float[37];
            file.ReadFloats(tensor.Name, 51, part);
            Assert.Equal(back[51..88], part);
        }
    }

    /// <summary>What an encoding keeps of a value, by its definition.</summary>
    private static float Expected(GgufElement type, float[] values, int i)
    {
        switch (type)
        {
            case GgufElement.F32:
                return values[i];
            case GgufElement.F16:
                return (float)(Half)values[i];
            case GgufElement.BF16:
                float below = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(values[i]) & 0xffff0000), above = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(values[i]) & 0xffff0000) + 0x10000);
                return Math.Abs(values[i] - below) < Math.Abs(above - values[i]) ? below : above;
            default:
                float scale = values.Skip(i / 32 * 32).Take(32).Max(Math.Abs) / 127;
                return (float)(Half)scale * MathF.Round(values[i] * (1 / scale), MidpointRounding.AwayFromZero);
        }
    }

    public static TheoryData<byte[], string> Broken() => new()
    {
        { "GGML0000"u8.ToArray(), "must begin with GGUF" },
        { ByHand(version: 1), "the version must be 2 or 3; 1 came" },
        { ByHand(tensors: ulong.MaxValue), "must hold what its counts say" },
        { ByHand(keys: 1UL << 40), "must hold what its counts say" },
        { ByHand(type: 2), "elements must be F32, F16, BF16 or Q8_0; Q4_0 came" },
        { ByHand(type: 8), "rows of Q8_0 must be a multiple of 32 long; 3 came" },
        { ByHand(type: 99), "type 99 came" },
        { ByHand(offset: 4), "at a multiple of 32 bytes" },
        { ByHand(offset: 64), "must lie inside the file" },
        { ByHand(offset: ulong.MaxValue), "must lie inside the file" },
        { ByHand(truth: 2), "a truth value must be 0 or 1; 2 came" },
        { [.. ByHand()[..^1]], "must lie inside the file" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_breaks_the_format_is_refused(byte[] bytes, string problem)
    {
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => GgufFile.Open(bytes, "broken"));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_damage_is_a_valid_file_or_refused_in_one_line() => Damage(8_000);

    [Fact(Explicit = true)]
    public void Every_damage_of_a_hundred_thousand_is_a_valid_file_or_refused_in_one_line() => Damage(110_000);

    private static void Damage(ulong count)
    {
        byte[] whole = ByHand();
        int refused = 0;
        for (ulong seed = 0; seed < count; seed++)
        {
            Dice dice = new(seed);
            byte[] bytes = [.. whole];
            for (int change = 1 + dice.Below(4); change > 0; change--)
            {
                int at = dice.Below(bytes.Length);
                bytes[at] = dice.Below(3) switch { 0 => (byte)dice.Below(256), 1 => (byte)(bytes[at] ^ (1 << dice.Below(8))), _ => 0xff };
            }

            bytes = dice.Below(4) == 0 ? bytes[..dice.Below(bytes.Length)] : bytes;
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using GgufFile file = GgufFile.Open(bytes, "damaged");
                foreach (GgufTensorEntry tensor in file.Tensors) file.ReadFloats(tensor.Name, 0, new float[tensor.Count]);
            }
            catch (InvalidFileException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
        }

        Assert.InRange(refused, (int)count / 3, (int)count - 50);
    }
}
