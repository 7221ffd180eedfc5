namespace MuonSharp.Formats.Tests.Safetensors;

public sealed unsafe class SafetensorsRoundTripTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-formats-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_again()
    {
        string path = Path.Combine(_folder, "a.safetensors");
        float[] weight = [.. Enumerable.Range(0, 35).Select(i => (i * 0.37f) - 5)];
        SafetensorsWriter.Write(path, [new NamedTensor("layer.weight", [5, 7], weight), new NamedTensor("scalar", [], new[] { 42f })], new Dictionary<string, string> { ["a"] = "b" });

        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] read = new float[35];
        file.ReadFloats("layer.weight", read);
        Assert.Equal(weight, read);
        float[] scalar = new float[1];
        file.ReadFloats("scalar", scalar);
        Assert.Equal([42f], scalar);
        Assert.Equal([5, 7], file.Get("layer.weight").Shape);
        Assert.Empty(file.Get("scalar").Shape);
        Assert.Equal("b", Assert.Single(file.Metadata).Value);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Native_memory_gives_the_same_bytes_as_managed_memory()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        fixed (float* address = values)
        {
            Assert.Equal(Written(new NamedTensor("x", [2, 3], values)), Written(new NamedTensor("x", [2, 3], address, 6)));
        }
    }

    [Fact]
    public void The_order_in_which_tensors_are_given_does_not_change_a_byte()
    {
        NamedTensor a = new("a", TensorType.U8, [3], new byte[] { 1, 2, 3 });
        NamedTensor b = new("b", [2], new float[] { 1, 2 });
        NamedTensor c = new("c", TensorType.F64, [1], BitConverter.GetBytes(2.5));
        byte[] bytes = Written(a, b, c);
        Assert.Equal(bytes, Written(c, b, a));
        Assert.Equal(bytes, Written(b, a, c));
        using SafetensorsFile file = SafetensorsFile.Open(bytes, "memory");
        Assert.Equal(["c", "b", "a"], file.Tensors.Select(tensor => tensor.Name));
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.Offset % tensor.Type.SizeInBytes()));
    }

    [Fact]
    public void A_tensor_larger_than_the_chunks_of_writing_and_converting_survives()
    {
        float[] values = [.. Enumerable.Range(0, 700_001).Select(i => (float)i)];
        byte[] doubles = new byte[8 * 100_003];
        for (int i = 0; i < 100_003; i++) BitConverter.TryWriteBytes(doubles.AsSpan(8 * i), i / 4.0);
        using SafetensorsFile file = SafetensorsFile.Open(Written(new NamedTensor("big", [700_001], values), new NamedTensor("doubles", TensorType.F64, [100_003], doubles)), "memory");

        float[] read = new float[700_001];
        file.ReadFloats("big", read);
        Assert.Equal(values, read);
        float[] converted = new float[100_003];
        file.ReadFloats("doubles", converted);
        Assert.Equal(Enumerable.Range(0, 100_003).Select(i => i / 4f), converted);
    }

    [Fact]
    public void Halves_of_every_bit_pattern_are_converted_exactly()
    {
        byte[] patterns = new byte[2 << 16];
        for (int i = 0; i < 1 << 16; i++) BitConverter.TryWriteBytes(patterns.AsSpan(2 * i), (ushort)i);
        using SafetensorsFile file = SafetensorsFile.Open(Written(new NamedTensor("f16", TensorType.F16, [1 << 16], patterns), new NamedTensor("bf16", TensorType.BF16, [1 << 16], patterns)), "memory");

        float[] f16 = new float[1 << 16];
        float[] bf16 = new float[1 << 16];
        file.ReadFloats("f16", f16);
        file.ReadFloats("bf16", bf16);
        for (int i = 0; i < 1 << 16; i++)
        {
            Assert.Equal(HalfOf(i), f16[i]);
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(bf16[i]));
        }
    }

    [Fact]
    public void Integers_of_every_width_are_read()
    {
        NamedTensor[] tensors =
        [
            new("bool", TensorType.Bool, [2], new byte[] { 0, 1 }),
            new("u8", TensorType.U8, [2], new byte[] { 3, 255 }),
            new("i8", TensorType.I8, [2], new byte[] { 3, 255 }),
            new("u16", TensorType.U16, [2], new byte[] { 1, 2, 255, 255 }),
            new("i16", TensorType.I16, [2], new byte[] { 1, 2, 255, 255 }),
            new("u32", TensorType.U32, [2], new byte[] { 1, 0, 0, 1, 255, 255, 255, 255 }),
            new("i32", TensorType.I32, [2], new byte[] { 1, 0, 0, 1, 255, 255, 255, 255 }),
            new("i64", TensorType.I64, [1], new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }),
            new("u64", TensorType.U64, [1], new byte[] { 255, 255, 255, 255, 255, 255, 255, 127 }),
        ];
        using SafetensorsFile file = SafetensorsFile.Open(Written(tensors), "memory");
        Assert.Equal([0L, 1L], Integers("bool"));
        Assert.Equal([3L, 255L], Integers("u8"));
        Assert.Equal([3L, -1L], Integers("i8"));
        Assert.Equal([513L, 65535L], Integers("u16"));
        Assert.Equal([513L, -1L], Integers("i16"));
        Assert.Equal([16777217L, 4294967295L], Integers("u32"));
        Assert.Equal([16777217L, -1L], Integers("i32"));
        Assert.Equal([-1L], Integers("i64"));
        Assert.Equal([long.MaxValue], Integers("u64"));

        long[] Integers(string name)
        {
            long[] values = new long[file.Get(name).Count];
            file.ReadIntegers(name, values);
            return values;
        }
    }

    [Fact]
    public void A_part_of_a_tensors_bytes_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(HandMade.Small(), "memory");
        byte[] part = new byte[4];
        file.ReadBytes("ids", 4, part);
        Assert.Equal([255, 255, 255, 255], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadBytes("ids", 5, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadBytes("ids", -1, new byte[4]));
    }

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Written(), "memory");
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Names_and_metadata_may_be_any_text()
    {
        string[] names = ["", "a/b", "quote\"back\\slash", "tab\tline\n", "ünïcödé 数 🦉", "__metadata"];
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, names.Select(name => new NamedTensor(name, [1], new float[1])), names.ToDictionary(name => name));
        using SafetensorsFile file = SafetensorsFile.Open(stream.ToArray(), "memory");
        Assert.Equal(names.Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Name));
        Assert.All(file.Metadata, pair => Assert.Equal(pair.Key, pair.Value));
        Assert.Equal(names.Length, file.Metadata.Count);
    }

    private static byte[] Written(params NamedTensor[] tensors)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors);
        return stream.ToArray();
    }

    // IEEE 754 binary16 by its definition.
    private static float HalfOf(int bits)
    {
        int exponent = (bits >> 10) & 31;
        double fraction = (bits & 1023) / 1024.0;
        double magnitude = exponent switch
        {
            0 => fraction * Math.Pow(2, -14),
            31 => fraction == 0 ? double.PositiveInfinity : double.NaN,
            _ => (1 + fraction) * Math.Pow(2, exponent - 15),
        };
        return (float)((bits >> 15) == 0 ? magnitude : -magnitude);
    }
}
