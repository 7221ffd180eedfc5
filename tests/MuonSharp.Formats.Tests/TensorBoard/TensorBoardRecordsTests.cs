using System.Buffers.Binary;

namespace MuonSharp.Formats.Tests.TensorBoard;

/// <summary>Against the file that torch.utils.tensorboard wrote, byte by byte.</summary>
public class TensorBoardRecordsTests
{
    private const double Begin = 1_700_000_000;

    private static readonly double[] s_losses = [0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688, 0.30742281675338745];

    [Fact]
    public void Numbers_and_texts_are_the_bytes_that_torch_writes()
    {
        byte[][] expected = Records(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "TensorBoard", "Golden", "events.out.tfevents.1700000000.golden")));
        Assert.Equal(8, expected.Length);
        double first = BinaryPrimitives.ReadDoubleLittleEndian(expected[0].AsSpan(13));
        Assert.Equal(expected[0], TensorBoardRecords.Version(first, "tensorboard.summary.writer.event_file_writer"));
        for (int i = 0; i < s_losses.Length; i++)
        {
            Assert.Equal(expected[i + 1], TensorBoardRecords.Scalars(Begin + i, 10 * i, [("train/loss", (float)s_losses[i])]));
        }

        Assert.Equal(expected[7], TensorBoardRecords.Text(Begin + 9, 10, "sample/text_summary", "To be, or not to be"));
    }

    [Fact]
    public void Several_numbers_are_values_of_one_event_and_a_start_is_a_session()
    {
        byte[] both = TensorBoardRecords.Scalars(Begin, 300, [("a", 1), ("b", -2)]);

        // wall_time, step 300, summary { value { "a", 1 } value { "b", -2 } }, by hand from the field numbers of event.proto and summary.proto.
        Assert.Equal("0900000040fc54d94110ac022a140a080a0161150000803f0a080a016215000000c0", Convert.ToHexStringLower(both.AsSpan(12..^4)));
        Assert.Equal("3a020801", Convert.ToHexStringLower(TensorBoardRecords.Start(Begin, 300).AsSpan(^8..^4)));
    }

    private static byte[][] Records(byte[] file)
    {
        List<byte[]> records = [];
        for (int at = 0; at < file.Length;)
        {
            int length = 16 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            records.Add(file[at..(at + length)]);
            at += length;
        }

        return [.. records];
    }
}
