using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>How libtorch keeps images: with channels last or in planes. Both are [image, channel, y, x] to it and differ in their strides.</summary>
internal static class ImageForm
{
    /// <summary>The pixels' channels side by side.</summary>
    public const string ChannelsLast = "channels-last";

    /// <summary>A plane for each channel.</summary>
    public const string Contiguous = "contiguous";

    /// <summary>Both.</summary>
    public static IReadOnlyList<string> All { get; } = [ChannelsLast, Contiguous];

    /// <summary>Images of numbers that have their channels last.</summary>
    public static Tensor Images(string form, float[] values, long batch, long height, long width, long channels)
    {
        using Tensor flat = Weights.Of(values, batch, height, width, channels);
        using Tensor view = flat.permute(0, 3, 1, 2);
        return Check(form) == ChannelsLast ? view.alias() : view.contiguous();
    }

    /// <summary>Filters of numbers [out, in, height, width].</summary>
    public static Tensor Filters(string form, float[] values, long outputs, long inputs, long window)
    {
        using Tensor plain = Weights.Of(values, outputs, inputs, window, window);
        if (Check(form) == Contiguous)
        {
            return plain.alias();
        }

        using Tensor last = plain.permute(0, 2, 3, 1).contiguous();
        return last.permute(0, 3, 1, 2);
    }

    private static string Check(string form) => All.Contains(form, StringComparer.Ordinal) ? form : throw new ArgumentException($"[peer] images are {string.Join(" or ", All)}; '{form}' came");
}
