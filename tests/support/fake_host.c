/* fake_host.c */
typedef int fake_host_placeholder;
