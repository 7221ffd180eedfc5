using System.Text;

namespace MuonSharp.Formats.Tests.Safetensors;

/// <summary>Every rule of the format, broken alone: the message names file, tensor and rule on one line.</summary>
public sealed class SafetensorsRulesTests
{
    public static TheoryData<string, int, string> BrokenHeaders => new()
    {
        { "", 0, "must begin with '{'" },
        { " {}", 0, "must begin with '{'" },
        { "[]", 0, "must begin with '{'" },
        { "{", 0, "must be JSON" },
        { "{}x", 0, "must be JSON" },
        { "{} {}", 0, "must be JSON" },
        { "{/* no */}", 0, "must be JSON" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}", 4, "must be JSON" },
        { "{'a':1}", 0, "must be JSON" },
        { "{\"a\":NaN}", 0, "must be JSON" },
        { "{\"a\":1}", 0, "tensor 'a': must be an object" },
        { "{\"a\":null}", 0, "tensor 'a': must be an object" },
        { "{\"a\":{\"shape\":[[[[1]]]]}}", 0, "whole numbers from 0 to 2^63 - 1; [[[1]]] came" },
        { "{\"a\":{\"shape\":[{}]}}", 0, "whole numbers from 0 to 2^63 - 1; {} came" },
        { "{\"a\":{}}", 0, "tensor 'a': dtype, shape and two data_offsets must be given" },
        { Tensor("F33", "[1]", "[0,4]"), 4, "tensor 'a': dtype must be a type that can be read; 'F33' came" },
        { Tensor("f32", "[1]", "[0,4]"), 4, "'f32' came" },
        { "{\"a\":{\"dtype\":4}}", 0, "tensor 'a': dtype must be a string" },
        { Tensor("F32", "1", "[0,4]"), 4, "tensor 'a': shape must be an array" },
        { Tensor("F32", "[-1]", "[0,4]"), 4, "tensor 'a': shape must hold whole numbers from 0 to 2^63 - 1; -1 came" },
        { Tensor("F32", "[1.0]", "[0,4]"), 4, "1.0 came" },
        { Tensor("F32", "[1e0]", "[0,4]"), 4, "1e0 came" },
        { Tensor("F32", "[\"1\"]", "[0,4]"), 4, "\"1\" came" },
        { Tensor("F32", "[9223372036854775808]", "[0,4]"), 4, "9223372036854775808 came" },
        { Tensor("F32", "[99999999999999999999999999]", "[0,4]"), 4, "whole numbers" },
        { Tensor("F32", "[9223372036854775807]", "[0,4]"), 4, "tensor 'a': the shape must fit 63 bits" },
        { Tensor("U8", "[4294967296,4294967296]", "[0,0]"), 0, "tensor 'a': the shape must fit 63 bits" },
        { Tensor("U8", "[4294967296,2147483648]", "[0,0]"), 0, "tensor 'a': the shape must fit 63 bits" },
        { Tensor("F32", "[" + string.Join(',', Enumerable.Repeat(1, 65)) + "]", "[0,4]"), 4, "shape may hold at most 64 numbers" },
        { Tensor("F32", "[1]", "[0]"), 4, "two data_offsets must be given" },
        { Tensor("F32", "[1]", "[0,4,4]"), 4, "data_offsets may hold at most 2 numbers" },
        { Tensor("F32", "[1]", "[4,0]"), 4, "must span the 4 bytes of F32 [1]; [4, 0] came" },
        { Tensor("F32", "[2]", "[0,4]"), 4, "must span the 8 bytes of F32 [2]; [0, 4] came" },
        { Tensor("F32", "[0]", "[0,4]"), 4, "must span the 0 bytes of F32 [0]; [0, 4] came" },
        { Tensor("F32", "[1]", "[9223372036854775803,9223372036854775807]"), 4, "must lie inside the file" },
        { Tensor("F32", "[1]", "[4,8]"), 8, "there must be no hole before it; it begins at 4, the data before ends at 0" },
        { Tensor("F32", "[2]", "[0,8]"), 4, "tensor 'a': it must lie inside the file; 8 bytes at" },
        { Tensor("F32", "[1]", "[0,4]"), 5, "the file must end with its last tensor" },
        { "{}", 1, "the file must end with its last tensor" },
        { "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "each key may come once; header.a.dtype comes twice" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "shape comes twice" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"data_offsets\":[0,4]}}", 4, "data_offsets comes twice" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"extra\":1}}", 4, "the keys are dtype, shape and data_offsets; 'extra' came" },
        { Two("a", 0, 4, "a", 4, 8), 8, "each key may come once; header.a comes twice" },
        { Two("a", 0, 4, "\\u0061", 4, 8), 8, "each key may come once; header.a comes twice" },
        { Two("a", 0, 4, "b", 0, 4), 4, "tensor 'b': it must not overlap another" },
        { Two("a", 0, 4, "b", 2, 6), 6, "tensor 'b': it must not overlap another; it begins at 2, the data before ends at 4" },
        { Two("a", 0, 4, "b", 8, 12), 12, "tensor 'b': there must be no hole before it" },
        { "{\"__metadata__\":[]}", 0, "__metadata__ must be an object" },
        { "{\"__metadata__\":null}", 0, "__metadata__ must be an object" },
        { "{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ must map to strings; 'a' does not" },
        { "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}", 0, "each key may come once; header.__metadata__.a comes twice" },
        { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "each key may come once; header.__metadata__ comes twice" },
        { "{\"\\ud800\":{}}", 0, "must be Unicode text; half of a surrogate pair came" },
        { "{\"__metadata__\":{\"a\":\"\\udc00\"}}", 0, "must be Unicode text; half of a surrogate pair came" },
    };

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void A_broken_header_is_refused_by_its_rule(string header, int dataBytes, string rule) =>
        Refused(HandMade.File(header, dataBytes), rule);

    [Theory]
    [InlineData(0, "begin with 8 bytes")]
    [InlineData(7, "begin with 8 bytes")]
    [InlineData(8, "must begin with '{'")]
    public void A_file_of_zeros_is_refused(int length, string rule) => Refused(new byte[length], rule);

    [Theory]
    [InlineData(3UL)]
    [InlineData(100_000_000UL)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    public void A_header_longer_than_the_file_is_refused_before_anything_is_allocated(ulong length)
    {
        byte[] file = [.. BitConverter.GetBytes(length), .. "{}"u8];
        Refused(file, $"the header must lie inside the file; it states {length} bytes, the file has 10");
    }

    [Fact]
    public void A_header_beyond_the_limit_is_refused_even_in_a_file_that_holds_it()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream sparse = File.OpenWrite(path))
            {
                sparse.SetLength(200_000_000);
                sparse.Write(BitConverter.GetBytes(150_000_000L));
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            InvalidFileException exception = Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(path));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
            Assert.Contains("at most 100000000 bytes; it states 150000000", exception.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused() => Refused(HandMade.File([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']), "must be UTF-8");

    [Fact]
    public void Spaces_after_the_header_and_empty_tensors_anywhere_are_fine()
    {
        string header = Two("a", 0, 4, "b", 4, 8)[..^1] + ",\"e\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[4,4]}}   ";
        using SafetensorsFile file = SafetensorsFile.Open(HandMade.File(header, 8), "memory");
        Assert.Equal(["a", "e", "b"], file.Tensors.Select(tensor => tensor.Name));
        HandMade.ReadAll(file);
    }

    [Fact]
    public void A_name_that_would_break_or_flood_the_line_is_escaped_and_cut()
    {
        string name = "\\n\\u001b[31m\\u202e" + new string('x', 500);
        InvalidFileException exception = Refused(HandMade.File($"{{\"{name}\":1}}"), "tensor '\\u000a\\u001b[31m\\u202exxx");
        Assert.InRange(exception.Message.Length, 50, 250);
    }

    private static string Tensor(string type, string shape, string offsets) =>
        $"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";

    private static string Two(string a, int aBegin, int aEnd, string b, int bBegin, int bEnd) =>
        $"{{\"{a}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{aBegin},{aEnd}]}},\"{b}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{bBegin},{bEnd}]}}}}";

    private static InvalidFileException Refused(byte[] file, string rule)
    {
        InvalidFileException exception = Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(file, "some.safetensors"));
        Assert.StartsWith("[safetensors] some.safetensors: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(rule, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
        return exception;
    }
}
