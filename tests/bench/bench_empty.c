/* bench_empty.c - does nothing, with the libraries of namesake: what starting them costs. */
int main(void)
{
    return 0;
}
