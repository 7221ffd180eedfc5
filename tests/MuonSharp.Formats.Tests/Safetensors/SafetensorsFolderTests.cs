using System.Text;

namespace MuonSharp.Formats.Tests.Safetensors;

public sealed class SafetensorsFolderTests : IDisposable
{
    private const string Index = "{\"metadata\": {\"total_size\": 16}, \"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"two.safetensors\"}}";

    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-folder-").FullName;

    public SafetensorsFolderTests()
    {
        SafetensorsWriter.Write(At("one.safetensors"), [new("a", [2], new float[] { 1, 2 })]);
        SafetensorsWriter.Write(At("two.safetensors"), [new("b", [1, 2], new float[] { 3, 4 })]);
        File.WriteAllText(At(SafetensorsFolder.IndexName), Index);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tensors_of_several_files_are_read_by_name()
    {
        using var folder = SafetensorsFolder.Open(_folder);
        Assert.Equal(["a", "b"], folder.Names.Order(StringComparer.Ordinal));
        Assert.True(folder.TryGetShape("b", out System.Collections.Immutable.ImmutableArray<long> shape));
        Assert.Equal([1, 2], shape);
        float[] last = new float[1];
        folder.ReadFloats("b", 1, last);
        Assert.Equal([4], last);
        Assert.Throws<ArgumentOutOfRangeException>(() => folder.ReadFloats("b", 2, last));
        Assert.Throws<InvalidFileException>(() => folder.ReadFloats("c", 0, last));
    }

    [Fact]
    public void One_file_needs_no_index()
    {
        File.Delete(At(SafetensorsFolder.IndexName));
        Assert.False(SafetensorsFolder.Exists(_folder));
        File.Move(At("one.safetensors"), At(SafetensorsFolder.FileName));
        using var folder = SafetensorsFolder.Open(_folder);
        Assert.Equal("a", Assert.Single(folder.Names));
    }

    [Fact]
    public void Weights_of_another_kind_or_name_are_named_where_there_are_no_others()
    {
        string folder = Directory.CreateDirectory(At("torch")).FullName;
        Assert.EndsWith("model.safetensors: there is no such file", Assert.Throws<InvalidFileException>(() => SafetensorsFolder.Open(folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "training_args.txt"), "");
        File.WriteAllText(Path.Combine(folder, "pytorch_model.bin"), "");
        Assert.EndsWith(
            "torch: the weights must be model.safetensors, or several files with model.safetensors.index.json; pytorch_model.bin came",
            Assert.Throws<InvalidFileException>(() => SafetensorsFolder.Open(folder)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"two.safetensors\"", "\"three.safetensors\"", "there is no such file")]
    [InlineData("\"two.safetensors\"", "\"../two.safetensors\"", "the name of a file beside the index")]
    [InlineData("\"two.safetensors\"", "\"..\"", "the name of a file beside the index")]
    [InlineData("\"two.safetensors\"", "7", "weight_map.b must be text")]
    [InlineData("\"two.safetensors\"", "\"one.safetensors\"", "'b' is not in 'one.safetensors'")]
    [InlineData("\"b\"", "\"c\"", "'c' is not in 'two.safetensors'")]
    [InlineData(", \"b\": \"two.safetensors\"", "", null)]
    [InlineData("\"weight_map\"", "\"weights\"", "weight_map must be an object; it is missing")]
    public void What_the_index_says_is_checked(string old, string now, string? problem)
    {
        File.WriteAllText(At(SafetensorsFolder.IndexName), Index.Replace(old, now, StringComparison.Ordinal));
        if (problem is null)
        {
            using var folder = SafetensorsFolder.Open(_folder);
            Assert.Equal("a", Assert.Single(folder.Names));
            return;
        }

        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => SafetensorsFolder.Open(_folder));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_lies_in_two_files_is_refused()
    {
        SafetensorsWriter.Write(At("two.safetensors"), [new("a", [2], new float[2]), new("b", [2], new float[2])]);
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => SafetensorsFolder.Open(_folder));
        Assert.Contains("'a'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000, Explicit = true)]
    public void Every_damaged_index_is_valid_or_refused_in_one_line(int count)
    {
        byte[] index = Encoding.UTF8.GetBytes(Index);
        int refused = 0;
        for (ulong seed = 0; seed < (ulong)count; seed++)
        {
            Dice dice = new(seed);
            byte[] damaged = dice.Below(2) == 0 ? JsonMutation.Of(index, dice) : [.. index];
            for (int change = dice.Below(4); change > 0 && damaged.Length > 0; change--) damaged[dice.Below(damaged.Length)] = (byte)dice.Below(256);
            File.WriteAllBytes(At(SafetensorsFolder.IndexName), dice.Below(4) == 0 ? damaged[..dice.Below(damaged.Length + 1)] : damaged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                SafetensorsFolder.Open(_folder).Dispose();
            }
            catch (InvalidFileException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                Assert.True(exception.Message.Length < 1100 && !exception.Message.Any(char.IsControl), $"{seed}: {exception.Message}");
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
        }

        Assert.InRange(refused, count / 2, count - (count / 100));
    }

    private string At(string name) => Path.Combine(_folder, name);
}
