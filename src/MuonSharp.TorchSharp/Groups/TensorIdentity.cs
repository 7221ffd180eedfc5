using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>Which memory a tensor has: two parameters over one memory, as tied weights are, are one.</summary>
/// <remarks>TorchSharp makes a new object, with a handle of its own, each time that <c>Embedding.weight</c> is read. For 16-bit types outside the processor's memory there is no way to the
/// address, and the handle must do.</remarks>
internal readonly record struct TensorIdentity(DeviceType Device, int Index, nint Address, string Shape)
{
    public static TensorIdentity Of(Tensor tensor) => new(tensor.device.type, tensor.device.index, AddressOf(tensor), string.Join(',', tensor.shape));

    private static unsafe nint AddressOf(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        return tensor.dtype switch
        {
            ScalarType.Float32 => tensor.storage<float>().data_ptr() + (nint)(tensor.storage_offset() * sizeof(float)),
            ScalarType.Float64 => tensor.storage<double>().data_ptr() + (nint)(tensor.storage_offset() * sizeof(double)),
            _ when tensor.device.type == DeviceType.CPU && tensor.is_contiguous() && tensor.numel() * tensor.element_size() <= int.MaxValue =>
                (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(tensor.bytes)),
            _ => tensor.Handle,
        };
    }
}
