namespace MuonSharp.Numerics.Tests;

public sealed unsafe class NativeBufferTests
{
    [Fact]
    public void Is_zeroed_and_aligned()
    {
        using var buffer = new NativeBuffer(1000);
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
        Assert.True(buffer.AsSpan().IndexOfAnyExcept(0f) < 0);
        Assert.Equal(1000, buffer.Length);
    }

    [Fact]
    public void A_disposed_buffer_says_so()
    {
        var buffer = new NativeBuffer(10);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 11)]
    [InlineData(10, 1)]
    [InlineData(5, -1)]
    [InlineData(long.MaxValue, 5)]
    public void A_part_that_reaches_outside_is_refused(long offset, int length)
    {
        using var buffer = new NativeBuffer(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(offset, length));
    }

    [Fact]
    public void A_negative_or_absurd_length_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(-1));
        Assert.Throws<OverflowException>(() => new NativeBuffer(long.MaxValue));
    }
}
