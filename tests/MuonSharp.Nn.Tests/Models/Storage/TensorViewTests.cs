namespace MuonSharp.Nn.Tests.Models.Storage;

public sealed class TensorViewTests
{
    [Fact]
    public void A_transposed_matrix_is_the_other_way_round()
    {
        StoredTensor stored = StoredTensor.Whole("file", "weight", [3, 4]).Transposed();
        Assert.Equal([4, 3], stored.Shape);
        Assert.False(stored.View!.IsContiguous);
        float[] target = [.. Enumerable.Range(0, 12)], read = new float[12];
        stored.View.Gather(0, read, target);
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], read);
    }

    [Fact]
    public void Matrices_of_a_stack_lie_apart()
    {
        StoredTensor[] stored = [.. StoredTensor.Apart(i => $"expert.{i}", StoredTensor.Whole("all", "weight", [3, 2, 2]))];
        Assert.Equal(["expert.0", "expert.1", "expert.2"], stored.Select(one => one.Name));
        Assert.All(stored, one => Assert.True(one.View!.IsContiguous));
        float[] target = [.. Enumerable.Range(0, 12)], read = new float[4];
        stored[2].View!.Gather(0, read, target);
        Assert.Equal([8, 9, 10, 11], read);
    }

    [Fact]
    public void What_is_scattered_in_parts_is_gathered_again_whatever_the_strides()
    {
        // Halves of heads to pairs: row 2j of a head from row j, row 2j + 1 from row j + 2; two heads of four rows, three columns.
        TensorView view = new("weight", 0, [2, 2, 2, 3], [12, 3, 6, 1]);
        int[] rows = [0, 2, 1, 3, 4, 6, 5, 7];
        float[] file = [.. Enumerable.Range(100, 24)], target = new float[24], read = new float[24];
        for (int start = 0; start < 24; start += 5) view.Scatter(start, file.AsSpan(start, Math.Min(5, 24 - start)), target);
        for (int row = 0; row < 8; row++) Assert.Equal(file[(3 * row)..(3 * row + 3)], target[(3 * rows[row])..(3 * rows[row] + 3)]);
        for (int start = 0; start < 24; start += 7) view.Gather(start, read.AsSpan(start, Math.Min(7, 24 - start)), target);
        Assert.Equal(file, read);
    }
}
