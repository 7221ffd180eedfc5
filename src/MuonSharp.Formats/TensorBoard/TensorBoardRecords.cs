using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace MuonSharp.Formats;

/// <summary>Records of TensorBoard's event files: a first one that says what the file is, then numbers and texts by step.</summary>
/// <remarks>
/// <para>A record is the length (64 bits), its checksum, the event, its checksum; all little-endian. The checksum is CRC-32C, turned right by 15 bits and with
/// 0xa282ead8 added. The event is a protocol buffer, <c>tensorflow.Event</c>, of which a few fields are needed.</para>
/// <para>TensorBoard reads every file of a folder whose name holds <c>tfevents</c>, in the order of the names.</para>
/// <para>Source: the bytes that torch.utils.tensorboard writes (tensorboard 2.21).</para>
/// </remarks>
public static class TensorBoardRecords
{
    private const string FileVersion = "brain.Event:2";
    private const uint Mask = 0xa282ead8;
    private const int StringType = 7;
    private const int Started = 1;

    /// <summary>The first record of a file.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="writer">Who writes.</param>
    /// <returns>The record's bytes.</returns>
    public static byte[] Version(double wallTime, string writer)
    {
        ProtocolBuffer message = Event(wallTime, 0);
        message.Text(3, FileVersion);
        message.Message(10, source => source.Text(1, writer));
        return Framed(message);
    }

    /// <summary>Says that a run goes on from a step: what other files have of later steps is no more.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">The first step that comes anew.</param>
    /// <returns>The record's bytes.</returns>
    public static byte[] Start(double wallTime, long step)
    {
        ProtocolBuffer message = Event(wallTime, step);
        message.Message(7, log => log.Number(1, Started));
        return Framed(message);
    }

    /// <summary>Numbers of a step.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">The step.</param>
    /// <param name="values">Tags and numbers; a slash in a tag makes groups.</param>
    /// <returns>The record's bytes.</returns>
    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, float Value)> values)
    {
        ProtocolBuffer message = Event(wallTime, step);
        message.Message(5, summary =>
        {
            foreach ((string tag, float number) in values)
            {
                summary.Message(1, value =>
                {
                    value.Text(1, tag);
                    value.Single(2, number);
                });
            }
        });
        return Framed(message);
    }

    /// <summary>A text of a step.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">The step.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="text">The text; TensorBoard shows it as Markdown.</param>
    /// <returns>The record's bytes.</returns>
    public static byte[] Text(double wallTime, long step, string tag, string text)
    {
        ProtocolBuffer message = Event(wallTime, step);
        message.Message(5, summary => summary.Message(1, value =>
        {
            value.Text(1, tag);
            value.Message(8, tensor =>
            {
                tensor.Number(1, StringType);
                tensor.Message(2, shape => shape.Message(2, dimension => dimension.Number(1, 1)));
                tensor.Text(8, text);
            });
            value.Message(9, metadata => metadata.Message(1, plugin => plugin.Text(1, "text")));
        }));
        return Framed(message);
    }

    private static ProtocolBuffer Event(double wallTime, long step)
    {
        ProtocolBuffer message = new();
        message.Double(1, wallTime);
        if (step != 0)
        {
            message.Number(2, step);
        }

        return message;
    }

    private static byte[] Framed(ProtocolBuffer message)
    {
        ReadOnlySpan<byte> content = message.Written;
        byte[] record = new byte[content.Length + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, 8)));
        content.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + content.Length), Checksum(content));
        return record;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte one in bytes)
        {
            sum = BitOperations.Crc32C(sum, one);
        }

        return BitOperations.RotateRight(~sum, 15) + Mask;
    }

    /// <summary>Writes the fields of a protocol buffer.</summary>
    private sealed class ProtocolBuffer
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

        public void Number(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
        }

        public void Double(int field, double value)
        {
            Varint(((ulong)field << 3) | 1);
            BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value);
            _bytes.Advance(8);
        }

        public void Single(int field, float value)
        {
            Varint(((ulong)field << 3) | 5);
            BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
            _bytes.Advance(4);
        }

        public void Text(int field, string value) => Block(field, System.Text.Encoding.UTF8.GetBytes(value));

        public void Message(int field, Action<ProtocolBuffer> write)
        {
            ProtocolBuffer inner = new();
            write(inner);
            Block(field, inner.Written);
        }

        private void Block(int field, ReadOnlySpan<byte> bytes)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.Write(bytes);
        }

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                _bytes.Write([(byte)(value | 0x80)]);
            }

            _bytes.Write([(byte)value]);
        }
    }
}
