using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The filters of the first layer as pictures.</summary>
internal static class FirstFilters
{
    private const int Most = 64;

    /// <summary>The first weights, trained or not, of shape [out, channels, height, width], each filter as a PNG: grey is 0, black and white the greatest magnitude in all of them.</summary>
    /// <returns>None where there are no such weights, or images of them would show nothing.</returns>
    public static IReadOnlyList<byte[]> Of(ParameterStore model, int channels)
    {
        (IReadOnlyList<int> shape, float[] weights) = model.Buffers.Where(buffer => Fits(buffer.Shape, channels)).Select(buffer => ((IReadOnlyList<int>)buffer.Shape, buffer.Values.Span.ToArray()))
            .Concat(model.Parameters.Where(parameter => Fits(parameter.Shape, channels)).Select(parameter => ((IReadOnlyList<int>)parameter.Shape, parameter.Weights.Span.ToArray())))
            .FirstOrDefault(([], []));
        float greatest = weights.Select(Math.Abs).DefaultIfEmpty(0).Max();
        if (!(greatest > 0) || !float.IsFinite(greatest))
        {
            return [];
        }

        ImageShape size = new(channels, shape[2], shape[3]);
        byte[] bytes = [.. weights.Select(weight => (byte)MathF.Round(127.5f + (127.5f * weight / greatest)))];
        return [.. bytes.Chunk((int)size.Length).Take(Most).Select(filter => PngFile.ToBytes(filter, size))];
    }

    private static bool Fits(IReadOnlyList<int> shape, int channels) => shape.Count == 4 && shape[1] == channels && channels is 1 or 3;
}
